import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DataError, messageOf, RetriableError } from '#api'
import { describeConsumed } from '../../src/runtime/describe-record.ts'
import { createErrorOperator, type Failure, type Stage } from '../../src/runtime/error-operator.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { overrideComplaints } from '../../src/runtime/override-policy.ts'
import { topicMatcher } from '../../src/runtime/topic-creation.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { quietLog, recordingLog } from '../support/quiet.ts'

let java: JavaProgram
beforeAll(async () => {
  java = await startJavaProgram('TaskLoops')
}, 300_000)
afterAll(() => java.close())

/** Every list that takes one of each choice. */
const crossed = <T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  choices.reduce<readonly (readonly T[])[]>(
    (made, each) => made.flatMap((head) => each.map((last) => [...head, last])),
    [[]],
  )

const base = { name: 'c', 'connector.class': 'X' }
const topics = ['log-a', 'log-private', 'trace', 'traces', 'x', 'a,b', '']

const creations = crossed<Record<string, string>>([
  [{}, { 'topic.creation.default.partitions': '3' }, { 'topic.creation.default.partitions': '0' }],
  [
    {},
    { 'topic.creation.default.replication.factor': '1' },
    { 'topic.creation.default.replication.factor': '-1', 'topic.creation.default.retention.ms': '5' },
    { 'topic.creation.default.replication.factor': '70000' },
  ],
  [
    {},
    { 'topic.creation.groups': 'a' },
    { 'topic.creation.groups': 'a, default ,b' },
    { 'topic.creation.groups': 'a,b,a' },
    { 'topic.creation.groups': 'b,a', 'topic.creation.default.include': '(', 'topic.creation.default.exclude': '.*' },
  ],
  [
    {},
    { 'topic.creation.a.include': 'log-.*,trace', 'topic.creation.a.exclude': 'log-private' },
    { 'topic.creation.a.include': '(?i)LOG-.*', 'topic.creation.a.partitions': '-1' },
    { 'topic.creation.a.include': '(' },
  ],
  [
    {},
    {
      'topic.creation.b.include': '.*',
      'topic.creation.b.replication.factor': '2',
      'topic.creation.b.cleanup.policy': 'compact',
    },
    { 'topic.creation.b.exclude': 'x', 'topic.creation.b.partitions': 'many' },
  ],
]).map((parts) => Object.assign({ ...base }, ...parts) as Record<string, string>)

interface Decided {
  readonly topics?: unknown
  readonly error?: string
}

function decided(props: Record<string, string>): Decided {
  try {
    const find = topicMatcher(props, true)
    return { topics: find ? topics.map(find) : null }
  } catch (error) {
    return { error: messageOf(error) }
  }
}

/** Their error is the first complaint, ours are all, each with the full name of its key; regular expressions complain in Java's words. */
function agrees(ours: Decided, theirs: Decided): boolean {
  if (theirs.error === undefined) return isDeepStrictEqual(ours, theirs)
  return withoutGroups(ours.error ?? '').includes(withoutGroups(theirs.error.split('Syntax error')[0] ?? ''))
}

const withoutGroups = (text: string): string => text.replace(/topic\.creation\.(default|a|b)\./g, '')

test(`topic.creation: ${creations.length} declarations decide as Kafka Connect decides`, async () => {
  let refused = 0
  const differing: unknown[] = []
  for (const props of creations) {
    const theirs = await java.ask<Decided>({ op: 'topics', props, topics })
    const ours = decided(props)
    if (theirs.error !== undefined) refused++
    if (!agrees(ours, theirs)) differing.push({ props, ours, theirs })
  }
  expect(differing).toEqual([])
  expect(refused).toBeGreaterThan(10)
})

test('override policies refuse the same keys with the same words', async () => {
  const given = {
    'sasl.jaas.config': 'x',
    'sasl.mechanism': 'x',
    'security.protocol': 'x',
    'max.poll.records': '1',
    acks: '1',
  }
  const allowlist = 'connector.client.config.override.allowlist'
  const policies = [
    ['All'],
    ['None'],
    ['Principal'],
    ['Allowlist'],
    ['Allowlist', 'acks, max.poll.records'],
    ['Allowlist', ''],
  ]
  for (const [policy = '', allowed] of policies) {
    const worker = allowed === undefined ? {} : { [allowlist]: allowed }
    const name = `${policy}ConnectorClientConfigOverridePolicy`
    const theirs = await java.ask({ op: 'policy', policy: name, worker, props: given })
    const props = Object.fromEntries(Object.entries(given).map(([key, value]) => [`consumer.override.${key}`, value]))
    const complaints = overrideComplaints(props, { 'connector.client.config.override.policy': policy, ...worker })
    const ours = Object.fromEntries(complaints.map(({ key, error }) => [key.replace('consumer.override.', ''), error]))
    expect({ policy, refused: ours }).toEqual({ policy, refused: theirs })
  }
})

const stages: readonly Stage[] = [
  'KEY_CONVERTER',
  'VALUE_CONVERTER',
  'HEADER_CONVERTER',
  'TRANSFORMATION',
  'KAFKA_PRODUCE',
  'TASK_PUT',
]
const histories = [
  [],
  ['data'],
  ['retriable'],
  ['retriable', 'retriable'],
  ['retriable', 'data'],
  ['data', 'retriable'],
]

test(`failures: ${stages.length * histories.length * 4} histories end as they do in Kafka Connect`, async () => {
  for (const stage of stages) {
    for (const failures of histories) {
      for (const tolerance of ['none', 'all'] as const) {
        for (const timeout of [0, -1]) {
          const asked = { op: 'execute', stage, failures, tolerance, timeout }
          expect({ asked, ...(await executed(asked)) }).toEqual({ asked, ...(await java.ask(asked)) })
        }
      }
    }
  }
})

interface History {
  readonly stage: Stage
  readonly failures: readonly string[]
  readonly tolerance: 'none' | 'all'
  readonly timeout: number
}

/** What our operator makes of it, in the words of `TaskLoops.java`. */
async function executed({ stage, failures, tolerance, timeout }: History) {
  const operator = createErrorOperator<string>({
    settings: {
      'errors.retry.timeout': timeout,
      'errors.retry.delay.max.ms': 1,
      'errors.tolerance': tolerance,
      'errors.log.enable': false,
      'errors.log.include.messages': false,
    },
    id: 'c-0',
    log: quietLog,
    clock: { now: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
    metrics: noMetrics.task({ connector: 'c', task: 0, type: 'sink', class: 'X', version: '1' }),
    describe: () => ({ where: '', details: '', logged: '', facts: {} }),
  })
  let tries = 0
  const attempt = async (): Promise<string> => {
    const failure = failures[tries++]
    if (failure === undefined) return 'done'
    throw failure === 'retriable' ? new RetriableError('on purpose') : new DataError('on purpose')
  }
  const failureOf = (error: unknown): Failure => ({ stage, executing: 'X', error })
  try {
    const result = await attempt().catch((error: unknown) =>
      operator.recover('r', failureOf(error), attempt, failureOf),
    )
    return { outcome: result ?? 'skipped', tries }
  } catch (error) {
    return { outcome: messageOf(error).split(':')[0], tries }
  }
}

test('the line of the error log is Kafka Connect’s', async () => {
  for (const stage of stages) {
    for (const include of [true, false]) {
      for (const timestampType of ['CreateTime', 'LogAppendTime'] as const) {
        const { message } = await java.ask<{ message: string }>({
          op: 'log',
          stage,
          include,
          timestampType,
          timestamp: 7,
        })
        expect(await logged(stage, include, timestampType)).toBe(message)
      }
    }
  }
})

async function logged(stage: Stage, include: boolean, timestampType: 'CreateTime' | 'LogAppendTime') {
  const log = recordingLog()
  const raw = { topic: 't', partition: 2, offset: 5n, timestamp: 7, timestampType, key: null, value: null, headers: [] }
  const operator = createErrorOperator<typeof raw>({
    settings: {
      'errors.retry.timeout': 0,
      'errors.retry.delay.max.ms': 1,
      'errors.tolerance': 'all',
      'errors.log.enable': true,
      'errors.log.include.messages': include,
    },
    id: 'c-0',
    log,
    clock: { now: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
    metrics: noMetrics.task({ connector: 'c', task: 0, type: 'sink', class: 'X', version: '1' }),
    describe: describeConsumed,
  })
  const executing = 'org.apache.kafka.connect.storage.StringConverter'
  await operator.fail(raw, { stage, executing, error: new DataError('bad') })
  return log.lines[0]?.message
}
