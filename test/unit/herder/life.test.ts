import { expect, test } from 'vitest'
import { ConfigError, type Props } from '#api'
import { type MeteredTask, noMetrics } from '../../../src/runtime/index.ts'
import { changingResolver, setUp } from './harness.ts'

const nowhere = { connector: 'none', task: 0 }

test.each(['PAUSED', 'STOPPED'] as const)('created %s it has no tasks until it is first resumed', async (initial) => {
  const { herder, put, states, script } = setUp()
  await put({ 'tasks.max': '2' }, initial)
  expect(await states()).toBe(`${initial}:`)
  await put({ 'tasks.max': '2', size: '7' })
  expect(await states()).toBe(`${initial}:`)
  expect(script.started).toBe(0)
  await herder.setTargetState('c', 'STARTED')
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
})

test('pauses its tasks, gives them up when it stops, and has them again when it is resumed', async () => {
  const { herder, put, states } = setUp()
  await put()
  await herder.setTargetState('c', 'PAUSED')
  expect(await states()).toBe('PAUSED: PAUSED')
  await herder.setTargetState('c', 'STOPPED')
  expect(await states()).toBe('STOPPED:')
  await herder.restartConnector('c', { includeTasks: true, onlyFailed: false })
  expect(await states()).toBe('STOPPED:')
  await herder.setTargetState('c', 'STARTED')
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('an equal configuration leaves the tasks alone, a failed one too; another restarts all of them', async () => {
  const { put, states, script } = setUp()
  script.onStart = ({ task }) => {
    if (task === 1) throw new Error('the disk is full')
  }
  await put({ 'tasks.max': '2' })
  expect(await states()).toBe('RUNNING: RUNNING FAILED')
  script.onStart = undefined
  await put({ 'tasks.max': '2' })
  expect(await states()).toBe('RUNNING: RUNNING FAILED')
  await put({ 'tasks.max': '2', 'x.note': 'changed' })
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(script.started).toBe(4)
})

test('a change while it is paused takes effect when it is resumed', async () => {
  const { herder, put, states, script } = setUp()
  await put()
  await states()
  await herder.setTargetState('c', 'PAUSED')
  await put({ 'tasks.max': '2' })
  expect(await states()).toBe('PAUSED: PAUSED')
  await herder.setTargetState('c', 'STARTED')
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(script.started).toBe(3)
})

test('more tasks than tasks.max fail the connector, unless tasks.max.enforce is false', async () => {
  const { herder, put, states, script } = setUp()
  script.taskConfigs = () => [{}, {}, {}]
  await put({ 'tasks.max': '2' })
  expect(await states()).toBe('FAILED:')
  const { connector } = await herder.connectorState('c')
  expect(connector.trace).toContain('The connector c has generated 3 tasks, which is greater than 2')
  expect(connector.version).toBe('1.2.3')
  await put({ 'tasks.max': '2', 'tasks.max.enforce': 'false' })
  expect(await states()).toBe('RUNNING: RUNNING RUNNING RUNNING')
})

test('task configurations that cannot be made are tried again after 250 ms, twice as long each time', async () => {
  const { put, states, script, clock, herder } = setUp()
  let calls = 0
  script.taskConfigs = () => {
    if (++calls < 4) throw new Error('the system is away')
    return [{}]
  }
  await put()
  expect(await states()).toBe('RUNNING:')
  expect((await herder.health('c')).status).toBe('unhealthy')
  for (const [ms, expected] of [
    [249, 1],
    [1, 2],
    [499, 2],
    [1, 3],
    [999, 3],
    [1, 4],
  ] as const) {
    await clock.advance(ms)
    await states()
    expect(calls).toBe(expected)
  }
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('stopping ends the tries to make task configurations', async () => {
  const { put, states, script, clock, herder } = setUp()
  let calls = 0
  script.taskConfigs = () => {
    calls++
    throw new Error('the system is away')
  }
  await put()
  await herder.setTargetState('c', 'STOPPED')
  await clock.advance(120_000)
  await states()
  expect(calls).toBe(1)
})

test('resuming tries to make task configurations at once, and takes the place of the try that was due', async () => {
  const { put, states, script, pass, herder } = setUp()
  let calls = 0
  script.taskConfigs = () => {
    calls++
    throw new Error('the system is away')
  }
  await put()
  await herder.setTargetState('c', 'PAUSED')
  await herder.setTargetState('c', 'STARTED')
  expect(calls).toBe(2)
  await pass(400)
  await states()
  expect(calls).toBe(3)
})

test('one that fails to start says why, can only be stopped, and comes back by a restart', async () => {
  const values = { size: '1' }
  const { herder, put, states } = setUp({ resolver: changingResolver(values) })
  await put({ size: '${test:size}' })
  values.size = 'many'
  await herder.restartConnector('c', { includeTasks: false, onlyFailed: false })
  expect(await states()).toBe('FAILED: RUNNING')
  const { connector } = await herder.connectorState('c')
  expect(connector.trace).toMatch(/Invalid value .* for configuration size: Not a number of type INT/)
  await herder.setTargetState('c', 'PAUSED')
  expect(await states()).toBe('FAILED: PAUSED')
  await herder.setTargetState('c', 'STOPPED')
  expect(await states()).toBe('STOPPED:')
  values.size = '2'
  await herder.setTargetState('c', 'STARTED')
  await herder.restartConnector('c', { includeTasks: false, onlyFailed: false })
  expect(await states()).toBe('RUNNING: RUNNING')
})

test('one that could not be made has no version', async () => {
  const { herder, put, states } = setUp()
  await put({ 'topic.creation.default.partitions': '1' })
  expect(await states()).toBe('FAILED:')
  expect(await herder.connectorState('c')).toMatchObject({
    connector: { version: null, trace: expect.stringContaining('topic.creation.default.replication.factor') },
    type: 'source',
  })
})

test('shows tasks with the connector’s properties, their own and the class of the task', async () => {
  const { herder, put } = setUp()
  await put({ 'tasks.max': '2' })
  const own = { name: 'c', 'connector.class': 'ScriptedSource', 'tasks.max': '2' }
  expect(await herder.tasks('c')).toEqual([
    { id: { connector: 'c', task: 0 }, config: { ...own, part: '0', 'task.class': 'org.example.ScriptedSourceTask' } },
    { id: { connector: 'c', task: 1 }, config: { ...own, part: '1', 'task.class': 'org.example.ScriptedSourceTask' } },
  ])
  await put({ 'connector.class': 'ScriptedSink', topics: 'a,b' })
  expect((await herder.tasks('c'))[0]?.config).toMatchObject({ topics: 'a,b', 'task.class': 'ScriptedSinkTask' })
})

test('a restart answers with what is restarting and what it was before', async () => {
  const { herder, put, states, script } = setUp()
  script.onStart = ({ task }) => {
    if (task === 1) throw new Error('the disk is full')
  }
  await put({ 'tasks.max': '2' })
  await states()
  script.onStart = undefined
  const onlyFailed = await herder.restartConnector('c', { includeTasks: true, onlyFailed: true })
  expect(onlyFailed).toMatchObject({
    connector: { state: 'RUNNING' },
    tasks: [{ state: 'RUNNING' }, { state: 'RESTARTING', trace: expect.stringContaining('disk'), version: '1.2.3' }],
  })
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(script.started).toBe(3)
  const alone = await herder.restartConnector('c', { includeTasks: false, onlyFailed: false })
  expect(alone).toMatchObject({ connector: { state: 'RESTARTING' }, tasks: [{ state: 'RUNNING' }, {}] })
  await states()
  expect(script.started).toBe(3)
})

test('a patch changes what it names, removes what is null, and is checked as a whole', async () => {
  const { herder, put } = setUp()
  await put({ 'x.a': '1', 'x.b': '2' })
  const { info } = await herder.patchConnector('c', { 'x.a': null, 'x.c': '3', name: null })
  expect(info.config).toEqual({ 'connector.class': 'ScriptedSource', 'x.b': '2', 'x.c': '3', name: 'c' })
  await expect(herder.patchConnector('c', { size: 'many' })).rejects.toThrow(
    'Invalid value many for configuration size',
  )
  await expect(herder.patchConnector('c', { name: 'd' })).rejects.toMatchObject({ status: 400 })
  expect(await herder.connectorConfig('c')).toEqual(info.config)
})

test('refuses null under a key that nothing knows', async () => {
  const { put } = setUp()
  await expect(put({ 'x.unknown': null })).rejects.toThrow('Null value can not be supplied as the configuration value.')
})

test('what does not exist is refused in Kafka Connect’s words', async () => {
  const { herder, put } = setUp()
  await put()
  const unknown: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => herder.connectorInfo('none'), 'Connector none not found'],
    [() => herder.connectorConfig('none'), 'Connector none not found'],
    [() => herder.patchConnector('none', {}), 'Connector none not found'],
    [() => herder.deleteConnector('none'), 'Connector none not found'],
    [() => herder.tasks('none'), 'Connector none not found'],
    [() => herder.offsets('none'), 'Connector none not found'],
    [() => herder.alterOffsets('none', []), 'Connector none not found'],
    [() => herder.resetOffsets('none'), 'Connector none not found'],
    [() => herder.connectorState('none'), 'No status found for connector none'],
    [() => herder.taskState(nowhere), 'No status found for task none-0'],
    [() => herder.taskState({ connector: 'c', task: 9 }), 'No status found for task c-9'],
    [() => herder.setTargetState('none', 'PAUSED'), 'Unknown connector none'],
    [() => herder.restartConnector('none', { includeTasks: true, onlyFailed: false }), 'Unknown connector: none'],
    [() => herder.restartTask(nowhere), 'Connector none not found'],
    [() => herder.restartTask({ connector: 'c', task: 9 }), 'Task c-9 not found'],
  ]
  for (const [ask, message] of unknown) await expect(ask()).rejects.toMatchObject({ status: 404, message })
})

test('stops all tasks side by side, and leaves behind what does not end in time', async () => {
  const { herder, put, script, states, clock, log } = setUp()
  script.onStop = () => new Promise(() => {})
  await put({ 'tasks.max': '3' })
  await states()
  const stopped = herder.stop()
  await clock.advance(5000)
  await stopped
  expect(log.lines.filter(({ message }) => message.includes('left behind'))).toHaveLength(3)
  await expect(put()).rejects.toMatchObject({ status: 409 })
})

test('tells the metrics what started, what did not, and what is gone', async () => {
  const told: string[] = []
  const { herder, put, script, states } = setUp({
    metrics: {
      connectorStartup: (name, succeeded) => told.push(`connector ${name} ${succeeded}`),
      taskStartup: (name, succeeded) => told.push(`task ${name} ${succeeded}`),
      forget: (name) => told.push(`forget ${name}`),
    },
  })
  script.onStart = ({ task }) => {
    if (task === 1) throw new ConfigError('no such table')
  }
  await put({ 'tasks.max': '2' })
  await states()
  await herder.deleteConnector('c')
  expect(told.toSorted()).toEqual(['connector c true', 'forget c', 'task c false', 'task c true'])
})

test('what is counted of a failed task is there until it is stopped', async () => {
  let closed = 0
  const task = (info: MeteredTask) => ({ ...noMetrics.task(info), close: () => closed++ })
  const { herder, put, script, states } = setUp({ metrics: { task } })
  script.onStart = () => {
    throw new ConfigError('no such table')
  }
  await put()
  expect([await states(), closed]).toEqual(['RUNNING: FAILED', 0])
  script.onStart = undefined
  await herder.restartTask({ connector: 'c', task: 0 })
  expect([await states(), closed]).toEqual(['RUNNING: RUNNING', 1])
  await herder.setTargetState('c', 'STOPPED')
  expect(closed).toBe(2)
})

test('the end waits for a creation under way, whose tasks end too', async () => {
  let answer = (): void => undefined
  const answered = new Promise<void>((done) => (answer = done))
  const resolve = async (props: Props) => {
    await answered
    return { props, resolved: new Set<string>(), onChange() {} }
  }
  const { herder, put, script } = setUp({ resolver: { resolve } })
  let running = 0
  script.onStart = () => void running++
  script.onStop = () => void running--
  const made = put().catch(String)
  const turn = () => new Promise((done) => setImmediate(done))
  await turn()
  let hasStopped = false
  const stopped = herder.stop().then(() => (hasStopped = true))
  await turn()
  expect(hasStopped).toBe(false)
  answer()
  await stopped
  expect(running).toBe(0)
  await made
})
