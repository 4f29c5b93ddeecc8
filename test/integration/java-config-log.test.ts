import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import {
  type ConfigChange,
  type ConfigState,
  ensureInternalTopics,
  type InternalTopic,
  openConfigStore,
  openStatusStore,
  openTopicOffsetStore,
  type Status,
} from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type ConfigLine, configLogs } from '../support/arbitrary-config-log.ts'
import { foldConfigLog } from '../support/config-log.ts'
import { eventually } from '../support/eventually.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { quietLog } from '../support/quiet.ts'
import { kafkaClient, write } from '../support/topics.ts'

let java: JavaProgram
beforeAll(async () => {
  java = await startJavaProgram('Stores')
}, 300_000)
afterAll(() => java.close())

interface JavaState {
  readonly error?: string
  readonly changes?: readonly string[]
  readonly [key: string]: unknown
}

/** As the Java program prints its own: Kafka Connect counts the offset of the next record, and generations from none, then 0. */
const printed = ({ offset, sessionKey, connectors }: ConfigState) => ({
  offset: offset === -1n ? -1 : Number(offset) + 1,
  ...(sessionKey && { sessionKey: { ...sessionKey, key: sessionKey.key.toString('base64') } }),
  connectors: Object.fromEntries(
    [...connectors].map(([name, { tasksGeneration, applied, fencedCount, ...entry }]) => [
      name,
      {
        ...entry,
        generation: tasksGeneration === 0 ? null : tasksGeneration - 1,
        applied: applied ?? null,
        fencedCount: fencedCount ?? null,
      },
    ]),
  ),
})

function printedChange(change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case 'task-count':
      return []
    case 'tasks':
    case 'session-key':
      return [change.kind]
    case 'restart':
      return [`restart ${change.name} ${change.includeTasks} ${change.onlyFailed}`]
    case 'logger':
      return [`logger ${change.namespace} ${change.level}`]
    case 'connector-config':
    case 'connector-removed':
    case 'target-state':
      return [`${change.kind} ${change.name}`]
  }
}

test('any log makes what Kafka Connect makes of it, and tells the same changes', async () => {
  await fc.assert(
    fc.asyncProperty(configLogs, fc.nat(30), async (lines, started) => {
      const records = lines.map((line, offset) => ({ ...line, offset }))
      const theirs = await java.ask<JavaState>({ op: 'fold', started, records })
      const { state, changes } = foldConfigLog(lines, started)
      expect({ ...printed(state), changes: changes.flatMap(printedChange) }).toEqual(theirs)
    }),
    { seed: 618, numRuns: 400 },
  )
}, 120_000)

async function topicFor(use: InternalTopic['use'], partitions = 1): Promise<string> {
  const topic = `${use}-${randomUUID()}`
  const spec = { use, topic, partitions, replicationFactor: 1, settings: {} }
  await ensureInternalTopics([spec], { kafka: kafkaClient(), log: quietLog, clock: systemClock })
  return topic
}

const options = (topic: string) => ({
  kafka: kafkaClient(),
  topic,
  clientId: 'test',
  groupId: topic,
  log: quietLog,
  clock: systemClock,
})

async function openConfigs(topic: string) {
  const store = await openConfigStore(options(topic))
  onTestFinished(() => store.close())
  return store
}

const bootstrap = () => inject('kafka')
const javaConfigs = (topic: string, more: object = {}) =>
  java.ask<JavaState>({ op: 'configs', bootstrap: bootstrap(), topic, group: topic, ...more })

test('a topic of many logs is read by both stores to the same end', async () => {
  const topic = await topicFor('config')
  const logs = fc.sample(configLogs, { numRuns: 100, seed: 5 })
  const prefixes = /^(connector-|target-state-|task-|commit-|tasks-fencing-|restart-connector-)/
  const apart = (lines: readonly ConfigLine[], log: number) =>
    lines.map(({ key, value }) => ({ key: key.replace(prefixes, `$1log${log}.`), value }))
  await write(topic, logs.flatMap(apart))
  const store = await openConfigs(topic)
  expect(store.state().connectors.size).toBeGreaterThan(50)
  expect(printed(store.state())).toEqual(await javaConfigs(topic))
})

test('Kafka Connect reads what this store writes, and this one what Kafka Connect writes', async () => {
  const topic = await topicFor('config')
  const store = await openConfigs(topic)
  await store.claim()
  await store.putConnector('c-1', { a: 'ü"\u0001', 'b.c': '${file:a:b}' }, 'PAUSED')
  await store.putTasks('c-1', [{ 'task.class': 'T', n: '0' }, { n: '1' }])
  await store.putTaskCount('c-1', 2)
  await store.putConnector('stopped', { a: '1' })
  await store.putTasks('stopped', [{ n: '0' }])
  await store.putStopped('stopped')
  await store.putConnector('gone', { a: '1' })
  await store.removeConnector('gone')
  await store.putSessionKey({ key: Buffer.from('session'), algorithm: 'HmacSHA256', createdAt: 1_700_000_000_000 })
  await store.putRestart('c-1', { includeTasks: true, onlyFailed: true })
  await store.putTarget('c-1', 'STARTED')
  await store.putLogger('root', 'DEBUG')
  const ours = printed(store.state())
  expect(await javaConfigs(topic)).toEqual(ours)
  expect(ours.connectors).toMatchObject({ 'c-1': { target: 'STARTED' }, stopped: { target: 'STOPPED', tasks: [] } })

  const changes: string[] = []
  store.onChange((change) => changes.push(...printedChange(change)))
  const writes = [
    { put: 'connector', name: 'j-1', config: { a: 'ß', e: '' }, target: 'STOPPED' },
    { put: 'tasks', name: 'j-1', tasks: [{ n: '0' }, {}, { n: '2' }] },
    { put: 'task-count', name: 'j-1', count: 3 },
    { put: 'target', name: 'j-1', target: 'PAUSED' },
    { put: 'connector', name: 'c-1', config: { a: '2' } },
    { put: 'tasks', name: 'c-1', tasks: [{ n: '9' }] },
    { put: 'removed', name: 'stopped' },
    { put: 'session-key', key: 'a2V5', createdAt: 17 },
    { put: 'restart', name: 'j-1', includeTasks: true, onlyFailed: false },
    { put: 'logger', name: 'org.x', level: 'WARN' },
  ]
  const theirs = await javaConfigs(topic, { writes })
  expect(theirs.error).toBeUndefined()
  const late = await openConfigs(topic)
  expect(printed(late.state())).toEqual(theirs)
  await store.refresh(10_000)
  expect(printed(store.state()).connectors).toEqual(theirs['connectors'])
  expect(changes).toEqual([
    'connector-config j-1',
    'tasks',
    'target-state j-1',
    'connector-config c-1',
    'tasks',
    'connector-removed stopped',
    'session-key',
    'restart j-1 true false',
    'logger org.x WARN',
  ])
  // The Java store has claimed the topic since.
  await expect(store.putConnector('c-1', {})).rejects.toMatchObject({ name: 'FencedError' })
})

const status = (state: Status['state'], more: Partial<Status> = {}): Status => ({
  state,
  workerId: 'w:1',
  generation: 7,
  version: '1.0',
  ...more,
})

test('statuses go both ways', async () => {
  const topic = await topicFor('status', 5)
  const store = await openStatusStore(options(topic))
  onTestFinished(() => store.close())
  store.putConnector('c-1', status('RUNNING', { facts: { lag: 5 } }))
  store.putTask('c-1', 0, status('FAILED', { trace: 'line 1\n  at "x"' }))
  store.putTask('c-1', 1, status('STOPPED', { version: null }))
  store.putConnector('gone', status('RUNNING'))
  store.putConnector('gone', undefined)
  store.putTopic('c-1', 1, 'a.b-c')
  store.putTopic('c-1', 0, 'reset')
  await store.flush(10_000)
  store.removeTopics('c-1')
  store.putTopic('c-1', 1, 'a.b-c')
  await store.flush(10_000)
  const ask = (more: object) => java.ask({ op: 'statuses', bootstrap: bootstrap(), topic, ...more })
  const seen = { workerId: 'w:1', generation: 7, trace: null, version: '1.0' }
  expect(await ask({ names: ['c-1', 'gone'] })).toEqual({
    connectors: { 'c-1': { ...seen, state: 'RUNNING' } },
    tasks: {
      'c-1-0': { ...seen, state: 'FAILED', trace: 'line 1\n  at "x"' },
      'c-1-1': { ...seen, state: 'STOPPED', version: null },
    },
    topics: { 'c-1:a.b-c': 1 },
  })
  const writes = [
    { name: 'j', state: 'PAUSED', generation: 8 },
    { name: 'j', task: 3, state: 'FAILED', generation: 8, trace: 'ß\n\tat x' },
    { name: 'c-1', task: 1, state: 'DESTROYED', generation: 8 },
    { name: 'j', task: 3, topic: 't' },
  ]
  await ask({ writes })
  const theirs = { workerId: 'java:1', generation: 8, version: '4' }
  await eventually(() => store.topics('j').length === 1 && store.tasks('j').size === 1 && store.tasks('c-1').size === 1)
  expect(await eventually(() => store.connector('j'))).toEqual({ ...theirs, state: 'PAUSED' })
  expect(store.task('j', 3)).toEqual({ ...theirs, state: 'FAILED', trace: 'ß\n\tat x' })
})

test('source offsets go both ways, and over each other', async () => {
  const topic = await topicFor('offset', 25)
  const store = await openTopicOffsetStore({ ...options(topic), committedOnly: true })
  onTestFinished(() => store.close())
  const ask = (writes?: unknown) =>
    java.ask<readonly { partition: string; offset: string }[]>({
      op: 'offsets',
      bootstrap: bootstrap(),
      topic,
      name: 'c-1',
      ...(writes !== undefined && { writes }),
    })
  const wide = 9_223_372_036_854_775_807n
  await store.put('c-1', [
    { partition: { file: 'ü"', wide }, offset: { position: wide, done: false, none: null, ratio: 0.25 } },
    { partition: { file: 'gone' }, offset: { position: 1 } },
  ])
  await store.put('c-1', [{ partition: { file: 'gone' }, offset: null }])
  expect(await ask()).toEqual([
    {
      partition: expect.stringContaining(`"file":"ü\\""`),
      offset: expect.stringContaining('"position":9223372036854775807'),
    },
  ])

  const number = { partition: { a: 'x', z: 1e21 }, offset: { at: 5 } }
  await ask([number, { partition: { p: 2 }, offset: { at: 6, text: 'ß' } }])
  expect(await store.get('c-1', { a: 'x', z: 1e21 })).toEqual({ at: 5 })
  expect(await store.get('c-1', { p: 2 })).toEqual({ at: 6, text: 'ß' })
  expect(await store.list('c-1')).toHaveLength(3)
  // Java wrote 1.0E21: a key of ours beside it would leave two offsets of one partition.
  await store.put('c-1', [{ partition: { a: 'x', z: 1e21 }, offset: { at: 7 } }])
  const after = await ask()
  expect(after).toHaveLength(3)
  expect(after.map(({ offset }) => offset)).toContain('{"at":7}')
})
