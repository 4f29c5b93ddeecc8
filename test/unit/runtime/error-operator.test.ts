import { expect, test } from 'vitest'
import { DataError, RetriableError } from '#api'
import { createErrorOperator, type ErrorSettings, type Failure } from '../../../src/runtime/error-operator.ts'
import { manualClock, recordingLog } from '../../support/quiet.ts'

const settings: ErrorSettings = {
  'errors.retry.timeout': 0,
  'errors.retry.delay.max.ms': 1000,
  'errors.tolerance': 'none',
  'errors.log.enable': false,
  'errors.log.include.messages': false,
}

function setUp(changed: Partial<ErrorSettings> = {}) {
  const clock = manualClock()
  const log = recordingLog()
  const reported: Failure[] = []
  const operator = createErrorOperator<string>({
    settings: { ...settings, ...changed },
    log,
    clock,
    signal: new AbortController().signal,
    describe: (record) => ({ text: `record ${record}`, facts: { record } }),
    report: async (_, failure) => void reported.push(failure),
  })
  const failureOf = (error: unknown): Failure => ({ stage: 'VALUE_CONVERTER', executing: 'AvroConverter', error })
  const recover = (error: unknown, attempt: () => Promise<string>) =>
    operator.recover('r', failureOf(error), attempt, failureOf)
  return { clock, log, reported, recover }
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

test('the log tells the record only when asked to', async () => {
  for (const include of [true, false]) {
    const { recover, log } = setUp({
      'errors.tolerance': 'all',
      'errors.log.enable': true,
      'errors.log.include.messages': include,
    })
    await recover(new DataError('bad'), async () => 'never')
    expect(log.lines).toHaveLength(1)
    expect('record' in (log.lines[0]?.fields ?? {})).toBe(include)
  }
})
