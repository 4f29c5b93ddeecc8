import { expect, test } from 'vitest'
import { changingResolver, setUp } from './harness.ts'

const props = { 'errors.restart.enable': 'true', 'errors.restart.max': '3', 'errors.restart.backoff.ms': '1000' }
const task = { connector: 'c', task: 0 }

function failing(times: number) {
  const harness = setUp()
  let left = times
  harness.script.onStart = () => {
    if (left-- > 0) throw new Error('the disk is full')
  }
  return harness
}

test('a failed task restarts by itself after the back-off, and its status says when', async () => {
  const { herder, put, states, clock, script, pass } = failing(2)
  await put(props)
  expect(await states()).toBe('RUNNING: FAILED')
  const { facts } = await herder.taskState(task)
  const due = Date.parse(String(facts?.['nextRestart'])) - clock.now()
  expect(due).toBeGreaterThanOrEqual(800)
  expect(due).toBeLessThanOrEqual(1000)
  expect(await herder.health('c')).toEqual({
    status: 'unhealthy',
    message: 'All 1 tasks have failed.',
    tasks: { running: 0, failed: 1, paused: 0, other: 0 },
    restarts: { count: 0, nextAt: clock.now() + due },
  })
  await clock.advance(due - 1)
  expect(await states()).toBe('RUNNING: FAILED')
  await clock.advance(1)
  expect(await states()).toBe('RUNNING: FAILED')
  expect(script.started).toBe(2)
  await pass(2000)
  expect(await states()).toBe('RUNNING: RUNNING')
  expect((await herder.taskState(task)).facts).toEqual({ restarts: 2 })
  expect(await herder.health('c')).toMatchObject({ status: 'healthy', restarts: { count: 2, nextAt: null } })
})

test('nothing restarts by itself unless it is told to', async () => {
  const { put, states, pass } = failing(1)
  await put()
  await pass(60_000)
  expect(await states()).toBe('RUNNING: FAILED')
})

test('after errors.restart.max of them within the window it stays failed and says so; by hand it begins anew', async () => {
  const { herder, put, states, script, pass } = failing(5)
  await put(props)
  await pass(60_000)
  expect(await states()).toBe('RUNNING: FAILED')
  expect(script.started).toBe(4)
  const { trace } = await herder.taskState(task)
  expect(trace).toContain('the disk is full')
  expect(trace).toContain('restarted 3 times in 3600000 ms, which is errors.restart.max, and not again')
  await herder.restartTask(task)
  expect(await states()).toBe('RUNNING: FAILED')
  expect((await herder.taskState(task)).facts).toHaveProperty('nextRestart')
  await pass(1000)
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('restarts that are older than the window do not count', async () => {
  const { put, script, pass } = setUp()
  script.onStart = () => {
    throw new Error('again')
  }
  await put({ ...props, 'errors.restart.window.ms': '4500', 'errors.restart.backoff.max.ms': '4000' })
  await pass(60_000)
  // The waits are 0.8–1 s, 1.6–2 s and then 3.2–4 s: no three restarts lie within 4.5 s, so it never ends.
  expect(script.started).toBeGreaterThan(10)
})

test.each(['PAUSED', 'STOPPED'] as const)('a restart that is due is called off when it is %s', async (target) => {
  const { herder, put, states, script, pass } = failing(1)
  await put(props)
  await states()
  await herder.setTargetState('c', target)
  await pass(10_000)
  await states()
  expect(script.started).toBe(1)
  await herder.setTargetState('c', 'STARTED')
  await states()
  await pass(1000)
  expect(await states()).toBe('RUNNING: RUNNING')
  expect(script.started).toBe(2)
})

test('and when it is deleted or configured anew', async () => {
  const { herder, put, states, script, pass } = failing(2)
  await put(props)
  await states()
  await put({ ...props, 'errors.restart.enable': 'false' })
  await states()
  await pass(10_000)
  expect(await states()).toBe('RUNNING: FAILED')
  expect(script.started).toBe(2)
  await put({ ...props, 'x.note': 'once more' })
  await herder.deleteConnector('c')
  await pass(10_000)
  expect(script.started).toBe(3)
})

test('a connector that fails to start restarts by itself too', async () => {
  const values = { size: '1' }
  const { herder, put, states, clock, pass } = setUp({ resolver: changingResolver(values) })
  await put({ ...props, size: '${test:size}' })
  await states()
  values.size = 'many'
  await herder.restartConnector('c', { includeTasks: false, onlyFailed: false })
  expect(await states()).toBe('FAILED: RUNNING')
  expect((await herder.health('c')).restarts.nextAt).toBeGreaterThan(clock.now())
  await pass(1000)
  expect(await states()).toBe('FAILED: RUNNING')
  values.size = '3'
  await pass(2000)
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('a connector that never starts gives up and says so', async () => {
  const { herder, put, states, pass } = setUp()
  await put({ ...props, 'topic.creation.default.partitions': '1' })
  await pass(60_000)
  expect(await states()).toBe('FAILED:')
  expect((await herder.connectorState('c')).connector.trace).toContain('restarted 3 times')
})
