import { expect, test } from 'vitest'
import type { DoorContext } from '#api'
import { config, desire, entryOf, noPeers, setUpLocal } from './local-harness.ts'

const everywhere = entryOf(config({ 'connector.class': 'EverywhereSink', topics: 't' }), 1)
const laned = entryOf(config({ 'connector.class': 'LanedSource', 'tasks.max': '2' }), 2)

test('a reader runs on every worker, and is not doubled or stopped when the numbered task comes and goes', async () => {
  const { work, align, states, script, group } = await setUpLocal()
  await align(desire(everywhere, false, []))
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: false, worker_id: 'here:8083' }])
  expect(work.running().tasks).toEqual([])
  expect(await states()).toBe('-:')
  await align(desire(everywhere, true, [0]))
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: true }])
  expect(work.running()).toEqual({ connectors: ['c'], tasks: [{ connector: 'c', task: 0 }] })
  expect(await states()).toBe('RUNNING: RUNNING')
  group.generation = 2
  await align(desire(everywhere, false, []))
  expect(await states()).toBe('UNASSIGNED: UNASSIGNED')
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: false }])
  expect(script.events).toEqual(['start c/reader'])
})

test('a reader pauses, ends with the connector, and begins anew with another set', async () => {
  const { work, align, script } = await setUpLocal()
  await align(desire(everywhere, false, []))
  await align(desire({ ...everywhere, target: 'PAUSED' }, false, []))
  expect(work.readers('c')).toMatchObject([{ state: 'PAUSED' }])
  await align(desire({ ...everywhere, tasksGeneration: 2 }, false, []))
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING' }])
  expect(script.events).toEqual(['start c/reader', 'stop c/reader', 'start c/reader'])
  await align(desire({ ...everywhere, target: 'STOPPED', tasks: [] }, false, []))
  expect(work.readers('c')).toEqual([])
  await align(desire(everywhere, false, []))
  await align(desire(undefined, false, []))
  expect(work.readers('c')).toEqual([])
  expect(script.live.get('c/reader')).toBe(0)
})

test('a reader that fails is shown with its trace, restarts by itself, and says nothing under the task', async () => {
  const { work, align, states, statuses, script, pass } = await setUpLocal()
  script.onStart = () => {
    throw new Error('no gateway')
  }
  const entry = entryOf(
    config({ 'connector.class': 'EverywhereSink', topics: 't', 'errors.restart.enable': 'true' }),
    1,
  )
  await align(desire(entry, false, []))
  expect(work.readers('c')).toMatchObject([{ state: 'FAILED', trace: expect.stringContaining('no gateway') }])
  expect(await states()).toBe('-:')
  await align(desire(entry, false, [0]))
  expect(await states()).toBe('-: FAILED')
  expect(statuses.task('c', 0)?.trace).toContain('no gateway')
  script.onStart = undefined
  await pass(1000)
  expect(await states()).toBe('-: RUNNING')
})

test('readers go on when everything else is abandoned', async () => {
  const { work, align, script } = await setUpLocal()
  await align(desire(everywhere, true, [0]))
  await work.abandon()
  expect(work.running()).toEqual({ connectors: [], tasks: [] })
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: false }])
  await align(desire(everywhere, true, [0]))
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: true }])
  expect(script.events).toEqual(['start c/reader'])
})

test('a source with lanes runs on every worker itself when the worker is not exactly once', async () => {
  const { work, align, script } = await setUpLocal()
  await align(desire({ ...laned, tasks: laned.tasks.slice(0, 1) }, false, []))
  expect(script.events).toEqual(['start c/0'])
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: false }])
})

test('with exactly once a source with lanes has that many tasks, and a door on every worker', async () => {
  const { work, align, states, script, put } = await setUpLocal({ exactlyOnce: true, peers: noPeers })
  await align(desire({ ...laned, tasks: [], applied: undefined }, true, []))
  expect(put.map(({ configs }) => configs.length)).toEqual([2])
  expect(script.events).toEqual(['start c/door'])
  expect(work.readers('c')).toMatchObject([{ state: 'RUNNING', numbered: false }])
  expect(work.running()).toEqual({ connectors: ['c'], tasks: [] })
  await align(desire({ ...laned, target: 'PAUSED' }, true, []))
  expect(script.events.at(-1)).toBe('paused true')
  await align(desire({ ...laned, target: 'STOPPED', tasks: [] }, true, []))
  expect(script.events.at(-1)).toBe('stop c/door')
  expect(await states()).toBe('STOPPED:')
})

test('a door calls the worker that has the task, and says when nobody has', async () => {
  const calls: unknown[] = []
  let door: DoorContext<unknown> | undefined
  const served = new Set<string>()
  const { align, script } = await setUpLocal({
    exactlyOnce: true,
    peers: {
      ...noPeers,
      ownerOf: (_, task) => (task === 1 ? 'http://there:8083/' : undefined),
      serve(port) {
        served.add(port)
        return () => served.delete(port)
      },
      async call(url, port, body) {
        calls.push([url, port, body.toString()])
        return Buffer.from('yes')
      },
    },
  })
  script.onDoor = (context) => {
    door = context
    context.serve(async (body) => body)
  }
  await align(desire(laned, false, []))
  const { signal } = new AbortController()
  expect(String(await door?.callTask(1, Buffer.from('m'), signal))).toBe('yes')
  expect(calls).toEqual([['http://there:8083/', 'lane/c/1', 'm']])
  await expect(door?.callTask(0, Buffer.from('m'), signal)).rejects.toMatchObject({ retriable: true })
  expect(door?.url).toBe('http://here:8083/')
  expect([...served]).toEqual(['door/c'])
  await align(desire(undefined, false, []))
  expect([...served]).toEqual([])
})
