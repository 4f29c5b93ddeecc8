import { expect, test } from 'vitest'
import { DataError, RetriableError } from '#api'
import { createErrorOperator, type ErrorSettings, type Failure } from '../../../src/runtime/error-operator.ts'
import type { TaskMetrics } from '../../../src/runtime/metrics.ts'
import { noMetrics } from '../../../src/runtime/metrics.ts'
import { manualClock, recordingLog } from '../../support/quiet.ts'

const settings: ErrorSettings = {
  'errors.retry.timeout': 0,
  'errors.retry.delay.max.ms': 1000,
  'errors.tolerance': 'none',
  'errors.log.enable': false,
  'errors.log.include.messages': false,
}

/** Counts what is told of a task. */
function counting() {
  const counts: Record<string, number> = {}
  const silent = noMetrics.task({ connector: 'c', task: 0, type: 'sink', class: 'X', version: '1' })
  const metrics = Object.fromEntries(
    Object.keys(silent).map((name) => [name, () => void (counts[name] = (counts[name] ?? 0) + 1)]),
  ) as unknown as TaskMetrics
  return { counts, metrics }
}

function setUp(changed: Partial<ErrorSettings> = {}, random = Math.random) {
  const { counts, metrics } = counting()
  const clock = manualClock()
  const log = recordingLog()
  const reported: Failure[] = []
  const operator = createErrorOperator<string>({
    settings: { ...settings, ...changed },
    id: 'c-0',
    metrics,
    random,
    log,
    clock,
    signal: new AbortController().signal,
    describe: (record, _, includeContents) => ({
      where: `record ${record}`,
      details: includeContents ? ' (its contents)' : '',
      logged: `, where consumed record is ${record}`,
      facts: { record },
    }),
    report: async (_, failure) => void reported.push(failure),
  })
  const failureOf = (error: unknown): Failure => ({ stage: 'VALUE_CONVERTER', executing: 'AvroConverter', error })
  const recover = (error: unknown, attempt: () => Promise<string>) =>
    operator.recover('r', failureOf(error), attempt, failureOf)
  const fail = (failure: Failure) => operator.fail('r', failure)
  return { clock, log, reported, recover, fail, failureOf, counts, operator }
}

test('without tolerance the failure is reported and thrown with where, what and why', async () => {
  const { recover, reported } = setUp()
  await expect(recover(new DataError('bad magic'), async () => 'never')).rejects.toThrow(
    'Tolerance exceeded in error handler: VALUE_CONVERTER (AvroConverter) failed for record r: bad magic',
  )
  expect(reported).toHaveLength(1)
})

test('tolerated, it is reported and skipped', async () => {
  const { recover, reported } = setUp({ 'errors.tolerance': 'all' })
  expect(await recover(new DataError('bad'), async () => 'never')).toBeUndefined()
  expect(reported).toHaveLength(1)
})

test('what may succeed later is tried again until it does', async () => {
  const { recover, clock, reported } = setUp({ 'errors.retry.timeout': -1 })
  let tries = 0
  const result = recover(new RetriableError('registry away'), async () => {
    if (++tries < 4) throw new RetriableError('registry away')
    return 'at last'
  })
  await clock.advance(60_000)
  expect(await result).toBe('at last')
  expect(reported).toEqual([])
})

test('retries end when errors.retry.timeout has passed', async () => {
  const { recover, clock } = setUp({ 'errors.retry.timeout': 2000 })
  let tries = 0
  const result = recover(new RetriableError('away'), async () => {
    tries++
    throw new RetriableError('away')
  })
  const outcome = result.catch(String)
  await clock.advance(10_000)
  expect(await outcome).toContain('away')
  expect(tries).toBeGreaterThan(1)
})

test('the log says in Kafka Connect\u2019s words what failed, and where only when asked to', async () => {
  for (const include of [true, false]) {
    const { recover, log } = setUp({
      'errors.tolerance': 'all',
      'errors.log.enable': true,
      'errors.log.include.messages': include,
    })
    await recover(new DataError('bad'), async () => 'never')
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]?.message).toBe(
      `Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class 'AvroConverter'${include ? ', where consumed record is r' : ''}.`,
    )
    expect('record' in (log.lines[0]?.fields ?? {})).toBe(include)
  }
})

test('the error shows contents only when messages may be shown', async () => {
  const shown = setUp({ 'errors.log.include.messages': true })
  await expect(shown.recover(new DataError('bad'), async () => 'never')).rejects.toThrow('bad (its contents)')
  await expect(setUp().recover(new DataError('bad'), async () => 'never')).rejects.not.toThrow('contents')
})

test('waits are 300 ms, then doubled, and anything up to the longest beyond it', async () => {
  const { recover, clock } = setUp({ 'errors.retry.timeout': -1, 'errors.retry.delay.max.ms': 1000 }, () => 0.5)
  const began = clock.now()
  const at: number[] = []
  const result = recover(new RetriableError('away'), async () => {
    at.push(clock.now() - began)
    if (at.length < 4) throw new RetriableError('away')
    return 'back'
  })
  await clock.advance(10_000)
  expect(await result).toBe('back')
  expect(at).toEqual([300, 900, 1400, 1900])
})

test('in a stage without tolerance only what was worth a retry is skipped', async () => {
  const { operator, failureOf } = setUp({ 'errors.tolerance': 'all' })
  const produce = (error: unknown): Failure => ({ ...failureOf(error), stage: 'KAFKA_PRODUCE' })
  const recover = (error: unknown) => operator.recover('r', produce(error), async () => 'never', produce)
  expect(await recover(new RetriableError('away'))).toBeUndefined()
  await expect(recover(new DataError('no'))).rejects.toThrow('Unhandled exception in error handler')
})

test('what fails outside is reported and tolerated, or not', async () => {
  const tolerant = setUp({ 'errors.tolerance': 'all' })
  await tolerant.fail({ stage: 'TASK_PUT', executing: 'SinkTask', error: new DataError('no') })
  expect(tolerant.reported).toHaveLength(1)
  expect(tolerant.counts).toEqual({ recordFailed: 1 })
  const strict = setUp()
  await expect(strict.fail({ stage: 'TASK_PUT', executing: 'SinkTask', error: new DataError('no') })).rejects.toThrow(
    'Tolerance exceeded in error handler',
  )
  expect(strict.reported).toHaveLength(1)
  expect(strict.counts).toEqual({ recordFailed: 1, recordError: 1 })
})

test('each failed try, each retry, each record given up and each skipped one is counted', async () => {
  const { recover, clock, counts } = setUp({ 'errors.retry.timeout': 1000, 'errors.tolerance': 'all' })
  const result = recover(new RetriableError('away'), async () => {
    throw new RetriableError('away')
  })
  await clock.advance(10_000)
  expect(await result).toBeUndefined()
  const retried = counts['retried'] ?? 0
  expect(retried).toBeGreaterThan(1)
  expect(counts).toEqual({ recordFailed: retried + 1, retried, recordError: 1, recordSkipped: 1 })
})
