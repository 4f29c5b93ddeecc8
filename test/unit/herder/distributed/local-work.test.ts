import { expect, test } from 'vitest'
import { BadRequestError, NotFoundError } from '#api'
import type { ConfigResolver } from '../../../../src/runtime/index.ts'
import { changingResolver } from '../harness.ts'
import { config, desire, entryOf, setUpLocal } from './local-harness.ts'

const two = entryOf(config({ 'tasks.max': '2' }), 2)

test('what is assigned runs, and what goes to another worker ends unassigned', async () => {
  const { work, align, states, statuses, script, put, group } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(work.running()).toEqual({
    connectors: ['c'],
    tasks: [
      { connector: 'c', task: 0 },
      { connector: 'c', task: 1 },
    ],
  })
  expect(statuses.task('c', 1)).toMatchObject({ workerId: 'here:8083', generation: 1, version: '1.2.3' })
  group.generation = 2
  await align(desire(two, false, [0]))
  expect(await states()).toBe('UNASSIGNED: RUNNING UNASSIGNED')
  expect(statuses.task('c', 1)).toMatchObject({ version: null })
  expect(work.running()).toEqual({ connectors: [], tasks: [{ connector: 'c', task: 0 }] })
  expect(script.events).toEqual(['start c/0', 'start c/1', 'stop c/1'])
  expect(put).toEqual([])
})

test('of a connector that is deleted nothing is left, its status neither', async () => {
  const { work, align, states } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  await align(desire(undefined, false, []))
  expect(await states()).toBe('-:')
  expect(work.running()).toEqual({ connectors: [], tasks: [] })
})

test('a connector makes its tasks when there are none, once, and they run when the leader has written them', async () => {
  const { align, states, put } = await setUpLocal()
  const raw = config({ 'tasks.max': '2' })
  const none = entryOf(raw, 0)
  await align(desire(none, true, []))
  expect(await states()).toBe('RUNNING:')
  expect(put).toEqual([{ name: 'c', configs: two.tasks }])
  await align(desire({ ...none }, true, []))
  await align(desire({ ...two }, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(put).toHaveLength(1)
})

test.each([
  ['a set that is not whole', { inconsistent: true }],
  ['a set of another configuration', { applied: config({ 'tasks.max': '1' }) }],
])('%s has the connector make its tasks again', async (_, more) => {
  const { align, put } = await setUpLocal()
  await align(desire({ ...two, ...more }, true, []))
  expect(put).toEqual([{ name: 'c', configs: two.tasks }])
})

test('a set that another has written meanwhile is corrected', async () => {
  const { align, put } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  await align(desire({ ...two, tasks: [], tasksGeneration: 2 }, true, []))
  expect(put).toEqual([{ name: 'c', configs: two.tasks }])
})

test('tasks that the leader does not take are offered again, after 250 ms and twice as long each time', async () => {
  const { align, put, cluster, pass } = await setUpLocal()
  cluster.refusal = new Error('no leader')
  await align(desire(entryOf(config(), 0), true, []))
  expect(put).toHaveLength(1)
  await pass(250)
  expect(put).toHaveLength(2)
  await pass(250)
  expect(put).toHaveLength(2)
  cluster.refusal = undefined
  await pass(250)
  expect(put).toHaveLength(3)
  await pass(120_000)
  expect(put).toHaveLength(3)
})

test.each([
  new BadRequestError('Cannot submit non-empty set of task configs for stopped connector c'),
  new NotFoundError('Connector c not found'),
])('tasks that come after a stop or a deletion are offered no more, and again to the next: %s', async (refusal) => {
  const { align, put, cluster, pass, log } = await setUpLocal()
  cluster.refusal = refusal
  const none = entryOf(config(), 0)
  await align(desire(none, true, []))
  await pass(120_000)
  expect(put).toHaveLength(1)
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  cluster.refusal = undefined
  await align(desire({ ...none }, true, []))
  expect(put).toHaveLength(2)
  await align(desire({ ...none }, true, []))
  expect(put).toHaveLength(2)
})

test('what begins anew says so, also when the leader forgot meanwhile that it had run', async () => {
  const { align, states, statuses } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  statuses.putTask('c', 1, undefined)
  statuses.putConnector('c', undefined)
  const raw = config({ 'tasks.max': '2', x: 'y' })
  await align(desire({ ...entryOf(raw, 2), tasksGeneration: 2 }, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
})

test('more tasks than tasks.max fail the connector alone', async () => {
  const { align, states, statuses, script, put } = await setUpLocal()
  script.taskConfigs = () => [{}, {}, {}]
  await align(desire({ ...two, applied: undefined }, true, [0, 1]))
  expect(await states()).toBe('FAILED: RUNNING RUNNING')
  expect(statuses.connector('c')?.trace).toContain('generated 3 tasks, which is greater than 2')
  expect(put).toEqual([])
})

test('what needs no change is untouched; another generation or configuration replaces a task', async () => {
  const { align, script } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  await align(desire({ ...two }, true, [0, 1]))
  expect(script.events).toEqual(['start c/0', 'start c/1'])
  await align(desire({ ...two, tasksGeneration: 2 }, true, [0, 1]))
  expect(script.events.slice(2).toSorted()).toEqual(['start c/0', 'start c/1', 'stop c/0', 'stop c/1'])
  const other = two.tasks.map((props, task) => (task === 1 ? { ...props, x: 'y' } : props))
  await align(desire({ ...two, tasksGeneration: 2, tasks: other }, true, [0, 1]))
  expect(script.events.slice(6)).toEqual(['stop c/1', 'start c/1'])
})

test('target states take the connector and its tasks with them', async () => {
  const { align, states, script } = await setUpLocal()
  await align(desire({ ...two, target: 'PAUSED' }, true, [0, 1]))
  expect(await states()).toBe('PAUSED: PAUSED PAUSED')
  expect(script.events).toEqual([])
  await align(desire(two, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  await align(desire({ ...two, target: 'PAUSED' }, true, [0, 1]))
  expect(await states()).toBe('PAUSED: PAUSED PAUSED')
  await align(desire({ ...two, target: 'STOPPED', tasks: [], tasksGeneration: 2 }, true, []))
  expect(await states()).toBe('STOPPED:')
  await align(desire(two, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
})

test('a failed task is told with its trace, and restarts by itself when it is to', async () => {
  const { align, states, statuses, script, pass } = await setUpLocal()
  script.onStart = () => {
    throw new Error('the disk is full')
  }
  const entry = entryOf(config({ 'errors.restart.enable': 'true', 'errors.restart.backoff.ms': '1000' }), 1)
  await align(desire(entry, true, [0]))
  expect(await states()).toBe('RUNNING: FAILED')
  expect(statuses.task('c', 0)?.trace).toContain('the disk is full')
  expect(statuses.task('c', 0)?.facts).toHaveProperty('nextRestart')
  script.onStart = undefined
  await pass(1000)
  expect(await states()).toBe('RUNNING: RUNNING')
  expect(statuses.task('c', 0)?.facts).toEqual({ restarts: 1 })
})

test('a task whose class this worker does not know has failed, and so has its connector', async () => {
  const { work, align, states, statuses } = await setUpLocal()
  await align(desire(entryOf(config({ 'connector.class': 'Unheard' }), 1), true, [0]))
  expect(await states()).toBe('FAILED: FAILED')
  expect(statuses.task('c', 0)?.trace).toContain('Unheard')
  await work.restartTask({ connector: 'c', task: 0 })
  expect(await states()).toBe('FAILED: FAILED')
  await align(desire(entryOf(config(), 1, { tasksGeneration: 2 }), true, [0]))
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('a person restarts a task, and a connector; nobody restarts what is not here', async () => {
  const { work, align, states, script } = await setUpLocal()
  script.onStart = ({ task }) => {
    if (task === 1) throw new Error('the disk is full')
  }
  await align(desire(two, true, [0, 1]))
  expect(await states()).toBe('RUNNING: RUNNING FAILED')
  script.onStart = undefined
  await work.restartTask({ connector: 'c', task: 1 })
  await work.restartConnector('c')
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(script.events).toEqual(['start c/0', 'start c/1'])
  await expect(work.restartTask({ connector: 'c', task: 2 })).rejects.toThrow('Task c-2 does not run on this worker')
  await expect(work.restartConnector('d')).rejects.toThrow('Connector d does not run on this worker')
})

test('a new value of a configuration provider restarts the tasks that have it, wherever their connector is', async () => {
  const values: Record<string, string> = { secret: 'a' }
  const resolver = changingResolver(values)
  const { align, script, settle, states } = await setUpLocal({ resolver })
  const entry = entryOf(config({ password: `\${test:secret}` }), 1)
  await align(desire(entry, false, [0]))
  for (const value of ['b', 'c']) {
    values['secret'] = value
    resolver.changed()
    await settle()
  }
  expect(script.events).toEqual(['start c/0', 'stop c/0', 'start c/0', 'stop c/0', 'start c/0'])
  delete values['secret']
  resolver.changed()
  await settle()
  expect(script.events).toHaveLength(5)
  expect(await states()).toBe('-: RUNNING')
})

test('config.action.reload=none leaves tasks with the values that they have', async () => {
  const values: Record<string, string> = { secret: 'a' }
  const resolver = changingResolver(values)
  const { align, script, settle } = await setUpLocal({ resolver })
  const raw = config({ password: `\${test:secret}`, 'config.action.reload': 'none' })
  await align(desire(entryOf(raw, 1), true, [0]))
  values['secret'] = 'b'
  resolver.changed()
  await settle()
  expect(script.events).toEqual(['start c/0'])
})

test('of alignments that wait the newest alone is done', async () => {
  const { work, script, settle } = await setUpLocal()
  const all = [desire(two, true, [0]), desire(two, true, [1]), desire(two, true, [0, 1])].map((each) =>
    work.align(each),
  )
  await Promise.all(all)
  await settle()
  expect(script.events).toEqual(['start c/0', 'start c/1'])
})

test('a task that takes its time to stop holds up its own connector alone', async () => {
  const { work, script, settle, align, clock } = await setUpLocal()
  const d = entryOf(config({ name: 'd' }), 1)
  await align(desire(two, true, [0, 1]))
  script.onStop = () => new Promise(() => undefined)
  const all = new Map([['d', d]])
  const slow = work.align({
    connectors: all,
    tasks: [{ id: { connector: 'd', task: 0 }, props: d.tasks[0] ?? {}, entry: d }],
    all,
  })
  await settle()
  expect(script.live.get('d/0')).toBe(1)
  script.onStop = undefined
  await clock.advance(5000)
  await slow
})

test('changes of other connectors, and rebalances that take nothing, do not wait for a task that takes its time to stop', async () => {
  const { work, script, align, clock } = await setUpLocal()
  const d = entryOf(config({ name: 'd' }), 1)
  const withD = (entry: typeof two, tasks: readonly number[], ofD: typeof d) => {
    const c = desire(entry, true, tasks)
    const task = { id: { connector: 'd', task: 0 }, props: ofD.tasks[0] ?? {}, entry: ofD }
    const both = new Map([...c.connectors, ['d', ofD] as const])
    return { connectors: both, tasks: [...c.tasks, task], all: both }
  }
  await align(withD(two, [0, 1], d))
  script.onStop = (task) => (task === 1 ? new Promise(() => undefined) : undefined)
  const changed = { ...two, tasksGeneration: 2 }
  const slow = work.align(withD(changed, [0, 1], d))
  const other = work.align(withD(changed, [0, 1], { ...d, tasksGeneration: 2 }), 'ended')
  await other
  await expect.poll(() => script.events.filter((event) => event.endsWith('d/0'))).toHaveLength(3)
  let hasEnded = false
  const take = async () => {
    await work.align(withD(changed, [0], d), 'ended')
    hasEnded = true
  }
  const taken = take()
  await clock.advance(4000)
  expect(hasEnded).toBe(false)
  script.onStop = undefined
  await clock.advance(1000)
  await Promise.all([taken, slow])
  expect(work.running().tasks).toEqual([
    { connector: 'c', task: 0 },
    { connector: 'd', task: 0 },
  ])
})

test('a restart that is asked for while its task is about to begin waits for it', async () => {
  const { work, script, align, clock, settle } = await setUpLocal()
  await align(desire(two, true, [0]))
  script.onStop = () => new Promise(() => undefined)
  const slow = work.align(desire({ ...two, tasksGeneration: 2 }, true, [0, 1]))
  await settle()
  const restarted = work.restartTask({ connector: 'c', task: 1 })
  script.onStop = undefined
  await clock.advance(5000)
  await slow
  await restarted
  expect(script.events.filter((event) => event.endsWith('c/1'))).toEqual(['start c/1', 'stop c/1', 'start c/1'])
})

test('abandoned work ends at once, also what was about to end, and what waited for its turn', async () => {
  const { work, align, states, script, group } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  script.onStop = () => new Promise(() => undefined)
  const replaced = work.align(desire({ ...two, tasksGeneration: 2 }, true, [0, 1]))
  const waiting = work.align(desire({ ...two, tasksGeneration: 3 }, true, [0, 1]))
  group.generation = 2
  await work.abandon()
  expect(work.running()).toEqual({ connectors: [], tasks: [] })
  await Promise.all([replaced, waiting])
  expect(await states()).toBe('UNASSIGNED: UNASSIGNED UNASSIGNED')
  expect(script.events).toEqual(['start c/0', 'start c/1'])
})

test('what was about to begin when all was abandoned does not begin', async () => {
  let go: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  const resolver: ConfigResolver = {
    async resolve(props) {
      if ('part' in props) await held
      return { props, resolved: new Set(), onChange() {} }
    },
  }
  const { work, states, script, settle } = await setUpLocal({ resolver })
  const aligned = work.align(desire(two, true, [0, 1]))
  await settle()
  await work.abandon()
  go()
  await aligned
  expect(await states()).toBe('-:')
  expect(work.running()).toEqual({ connectors: [], tasks: [] })
  expect(script.events).toEqual([])
})

test('stopping ends all side by side, within the graceful time-out', async () => {
  const { work, align, states, script, clock, settle, log, group } = await setUpLocal()
  await align(desire(two, true, [0, 1]))
  script.onStop = (task) => (task === 0 ? new Promise<void>(() => undefined) : undefined)
  group.generation = 2
  const stopped = work.stop()
  await settle()
  expect(script.events).toContain('stop c/1')
  await clock.advance(5000)
  await stopped
  expect(await states()).toBe('UNASSIGNED: UNASSIGNED UNASSIGNED')
  expect(log.lines.some(({ message }) => message === 'task did not stop in time and is left behind')).toBe(true)
  await work.align(desire(two, true, [0, 1]))
  expect(work.running()).toEqual({ connectors: [], tasks: [] })
})
