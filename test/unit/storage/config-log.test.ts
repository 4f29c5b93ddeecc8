import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createConfigLog } from '../../../src/storage/config-log.ts'
import type { ConfigState } from '../../../src/storage/index.ts'
import { type ConfigLine, configLogs } from '../../support/arbitrary-config-log.ts'
import { applyLine, foldConfigLog } from '../../support/config-log.ts'
import { recordingLog } from '../../support/quiet.ts'

const line = (key: string, value: unknown): ConfigLine => ({ key, value: JSON.stringify(value) })
const connector = (config: object, name = 'c') => line(`connector-${name}`, { properties: config })
const task = (n: number, config: object) => line(`task-c-${n}`, { properties: config })
const commit = (tasks: unknown) => line('commit-c', { tasks })
const removed = { key: 'connector-c', value: null }

const entry = (lines: readonly ConfigLine[], name = 'c') => foldConfigLog(lines).state.connectors.get(name)

const runs = { seed: 618, numRuns: 100 }

test('task records wait for the commit that counts them', () => {
  const begun = [connector({ v: '1' }), task(0, { t: '0' }), task(1, { t: '1' })]
  expect(entry(begun)).toMatchObject({ tasks: [], tasksGeneration: 0, applied: undefined, pendingFencing: false })
  const set = [...begun, commit(2)]
  expect(entry(set)).toMatchObject({
    tasks: [{ t: '0' }, { t: '1' }],
    tasksGeneration: 1,
    applied: { v: '1' },
    pendingFencing: true,
  })
  const next = [...set, connector({ v: '2' }), task(0, { t: 'new' })]
  expect(entry(next)).toMatchObject({ tasks: [{ t: '0' }, { t: '1' }], config: { v: '2' }, applied: { v: '1' } })
  expect(entry([...next, commit(1)])).toMatchObject({ tasks: [{ t: 'new' }], tasksGeneration: 2, applied: { v: '2' } })
})

test('a commit that misses records hides the tasks until the next whole set', () => {
  const broken = [connector({}), task(0, { t: '0' }), commit(1), task(1, { t: '1' }), commit(2)]
  expect(entry(broken)).toMatchObject({ tasks: [], inconsistent: true, tasksGeneration: 1 })
  // What was there of the incomplete set counts for no other.
  expect(entry([...broken, task(0, {}), commit(2)])).toMatchObject({ inconsistent: true })
  const mended = [...broken, task(0, { m: '0' }), task(1, { m: '1' }), commit(2)]
  expect(entry(mended)).toMatchObject({ tasks: [{ m: '0' }, { m: '1' }], inconsistent: false })
})

test('tasks of a connector that is gone are forgotten, also where compaction has left nothing else of it', () => {
  const tasks = [task(0, { old: '1' }), commit(1)]
  expect(foldConfigLog(tasks).state.connectors.size).toBe(0)
  expect(entry([...tasks, connector({})])).toMatchObject({ tasks: [], inconsistent: false, pendingFencing: false })
  const again = [connector({}), ...tasks, removed, connector({ v: '2' })]
  expect(entry(again)).toMatchObject({ tasks: [], applied: undefined })
  expect(entry([...again, commit(1)])).toMatchObject({ tasks: [], inconsistent: true })
})

test('a count of fenced producers outlives the connector, and each set of tasks asks for another round', () => {
  const fenced = line('tasks-fencing-c', { 'task-count': 3 })
  const lines = [connector({}), task(0, {}), commit(1), fenced]
  expect(entry(lines)).toMatchObject({ fencedCount: 3, pendingFencing: false })
  const again = [...lines, removed, { key: 'target-state-c', value: null }, connector({})]
  expect(entry(again)).toMatchObject({ fencedCount: 3, pendingFencing: false })
  expect(entry([...again, task(0, {}), commit(1)])).toMatchObject({ fencedCount: 3, pendingFencing: true })
})

test('target states are read from state.v2, from state when there is none, and default to STARTED', () => {
  const target = (value: unknown) => entry([connector({}), line('target-state-c', value)])?.target
  expect(target({ state: 'PAUSED', 'state.v2': 'STOPPED' })).toBe('STOPPED')
  expect(target({ state: 'PAUSED' })).toBe('PAUSED')
  expect(target({ state: 'PAUSED', 'state.v2': 7 })).toBe('PAUSED')
  expect(target({ state: 'PAUSED', 'state.v2': 'OTHER' })).toBe('STARTED')
  expect(target(null)).toBe('STARTED')
  expect(entry([line('target-state-c', { state: 'PAUSED' }), connector({})])?.target).toBe('PAUSED')
})

test('a target state is told when it is another than before, and the connector is there', () => {
  const target = (state: string | null) => ({ key: 'target-state-c', value: state && JSON.stringify({ state }) })
  const lines = [target('PAUSED'), connector({}), target('PAUSED'), target(null), target('STARTED'), target('STOPPED')]
  expect(foldConfigLog(lines).changes).toEqual([
    { kind: 'connector-config', name: 'c' },
    { kind: 'target-state', name: 'c' },
  ])
})

const unusable: readonly (readonly [string, string | null])[] = [
  ['connector-c', '{"properties":'],
  ['connector-c', '[]'],
  ['connector-c', '{"properties":5}'],
  ['task-c-x', '{"properties":{}}'],
  ['task-c-0', null],
  ['commit-c', '{"tasks":"2"}'],
  ['commit-c', '{"tasks":1.5}'],
  ['commit-c', '{"tasks":-1}'],
  ['commit-c', null],
  ['tasks-fencing-c', '{"task-count":"x"}'],
  ['tasks-fencing-c', null],
  ['target-state-c', '{"state":"RUNNING"}'],
  ['session-key', '{"key":"?","algorithm":"A","creation-timestamp":1}'],
  ['session-key', '{"key":"a2V5","algorithm":"A","creation-timestamp":"1"}'],
  ['session-key', null],
  ['restart-connector-c', null],
  ['logger-cluster-root', '{}'],
  ['other', '{}'],
]

test.each(unusable)('%s with %s is passed over with a warning and changes nothing', (key, value) => {
  const lines = [connector({ v: '1' }), task(0, {}), commit(1)]
  const warned = recordingLog()
  const log = createConfigLog((fields, message) => warned.warn(fields, message))
  lines.forEach((each, offset) => applyLine(log, each, offset))
  const { connectors } = log.snapshot()
  expect(applyLine(log, { key, value }, 3)).toEqual([])
  expect(log.snapshot().connectors).toEqual(connectors)
  expect(warned.lines).toMatchObject([{ message: expect.stringContaining('passed over') }])
})

test('a record without a key is passed over with a warning', () => {
  const warned = recordingLog()
  const log = createConfigLog((fields, message) => warned.warn(fields, message))
  expect(log.apply({ key: null, value: Buffer.from('{}'), offset: 0n })).toEqual([])
  expect(warned.lines).toHaveLength(1)
})

test('what a reader was given stays as it was, whatever comes', () => {
  fc.assert(
    fc.property(configLogs, fc.nat(30), (lines, at) => {
      const log = createConfigLog(() => undefined)
      lines.slice(0, at).forEach((each, offset) => applyLine(log, each, offset))
      const early = log.snapshot()
      const copy = structuredClone(early.connectors)
      lines.slice(at).forEach((each, offset) => applyLine(log, each, at + offset))
      log.snapshot()
      expect(early.connectors).toEqual(copy)
    }),
    runs,
  )
})

test('the state does not depend on when it was looked at', () => {
  fc.assert(
    fc.property(configLogs, (lines) => {
      const log = createConfigLog(() => undefined)
      lines.forEach((each, offset) => {
        applyLine(log, each, offset)
        log.snapshot()
      })
      expect(log.snapshot()).toEqual(foldConfigLog(lines).state)
    }),
    runs,
  )
})

/** Kafka may drop any record that has a later one of its key, and a tombstone with nothing before it. */
const compacted = fc.tuple(configLogs, fc.infiniteStream(fc.boolean())).map(([lines, drop]) => {
  const kept = lines.filter(
    ({ key }, index) => !(drop.next().value === true && lines.slice(index + 1).some((later) => later.key === key)),
  )
  const seen = new Set<string>()
  return {
    lines,
    kept: kept.filter(({ key, value }) => {
      const isLast = value === null && !seen.has(key)
      seen.add(key)
      return !isLast
    }),
  }
})

const configured = ({ sessionKey, connectors }: ConfigState) => ({
  sessionKey,
  connectors: new Map(
    [...connectors].map(([name, { config, target, fencedCount }]) => [name, [config, target, fencedCount]]),
  ),
})

test('compaction loses no configuration, target state, fenced count or key', () => {
  fc.assert(
    fc.property(
      compacted.filter(({ lines }) => lines.every(isUsable)),
      ({ lines, kept }) => {
        expect(configured(foldConfigLog(kept).state)).toEqual(configured(foldConfigLog(lines).state))
      },
    ),
    runs,
  )
})

test('after compaction and a restart at any point, a new set of each connector brings all to one state', () => {
  fc.assert(
    fc.property(
      compacted.filter(({ lines }) => lines.every(isUsable)),
      ({ lines, kept }) => {
        const names = [...foldConfigLog(lines).state.connectors.keys()]
        const anew = names.flatMap((name) => [
          line(`task-${name}-0`, { properties: { name } }),
          line(`commit-${name}`, { tasks: 1 }),
        ])
        const whole = foldConfigLog([...lines, ...anew]).state.connectors
        const rest = foldConfigLog([...kept, ...anew]).state.connectors
        for (const name of names) {
          const { tasksGeneration: _live, ...live } = whole.get(name) ?? { tasksGeneration: 0 }
          const { tasksGeneration: _late, ...late } = rest.get(name) ?? { tasksGeneration: 0 }
          expect(late).toEqual(live)
        }
      },
    ),
    runs,
  )
})

/** One that is passed over hides in a compacted topic what it came after. */
function isUsable({ key, value }: ConfigLine): boolean {
  let warned = false
  const log = createConfigLog(() => {
    warned = true
  })
  for (const name of ['c', 'c-1', 'd-', 'ü x']) applyLine(log, connector({}, name), 0)
  applyLine(log, { key, value }, 1)
  return !warned
}

test('20,000 records are read without copying the state for each', () => {
  const log = createConfigLog(() => undefined)
  for (let n = 0; n < 20_000; n++) applyLine(log, connector({ n: String(n) }, `c${n % 2000}`), n)
  const before = log.snapshot()
  applyLine(log, connector({}, 'c0'), 20_000)
  const after = log.snapshot()
  expect(after.connectors.size).toBe(2000)
  expect(after.connectors.get('c1')).toBe(before.connectors.get('c1'))
  expect(log.snapshot()).toBe(after)
})
