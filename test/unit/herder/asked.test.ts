import { expect, test } from 'vitest'
import { createActiveTopics } from '../../../src/herder/active-topics.ts'
import { setUp } from './harness.ts'

test('topics are kept by connector until they are reset or it is gone', () => {
  const known = new Set(['a', 'b'])
  const topics = createActiveTopics({ 'topic.tracking.enable': true, 'topic.tracking.allow.reset': true }, (name) =>
    known.has(name),
  )
  for (const topic of ['z', 'y', 'z']) topics.record('a', 0, topic)
  topics.record('b', 0, 'x')
  topics.record('gone', 0, 'x')
  expect([topics.list('a'), topics.list('b'), topics.list('gone')]).toEqual([['y', 'z'], ['x'], []])
  topics.reset('a')
  topics.forget('b')
  expect([topics.list('a'), topics.list('b')]).toEqual([[], []])
})

test('topics that are not tracked, or may not be reset, are refused', async () => {
  const untracked = setUp({ tracking: { enable: false, reset: true } }).herder
  const refused = { status: 403, message: 'Topic tracking is disabled.' }
  await expect(untracked.topics('c')).rejects.toMatchObject(refused)
  await expect(untracked.resetTopics('c')).rejects.toMatchObject(refused)
  const kept = setUp({ tracking: { enable: true, reset: false } }).herder
  expect(await kept.topics('unknown')).toEqual([])
  await expect(kept.resetTopics('c')).rejects.toMatchObject({
    status: 403,
    message: 'Topic tracking reset is disabled.',
  })
})

test('loggers are read and set, and what does not exist is not found', async () => {
  const { herder, clock } = setUp()
  expect(herder.logger('root')).toEqual({ level: 'INFO', last_modified: null })
  expect(await herder.setLogger('tidegate.kafka', 'debug', 'worker')).toEqual(['tidegate.kafka'])
  expect(herder.loggers()).toMatchObject({ 'tidegate.kafka': { level: 'DEBUG', last_modified: clock.now() } })
  expect(await herder.setLogger('tidegate', 'WARN', 'cluster')).toBeUndefined()
  expect(() => herder.logger('none')).toThrow(
    expect.objectContaining({ status: 404, message: 'Logger none not found.' }),
  )
  await expect(herder.setLogger('root', 'BOGUS', 'worker')).rejects.toMatchObject({
    status: 404,
    message: "invalid log level 'BOGUS'.",
  })
})

test('a plugin is shown in the version that there is', () => {
  const { herder } = setUp()
  for (const version of [undefined, 'latest', '1.2.3'])
    expect(Object.keys(herder.pluginConfig('ScriptedSource', version).config.keys)).toEqual(
      expect.arrayContaining(['topic', 'tasks.max']),
    )
  expect(() => herder.pluginConfig('ScriptedSource', '9.9')).toThrow(
    'Plugin ScriptedSource not found that matches the version range [9.9,9.9], available versions: [1.2.3]',
  )
  expect(() => herder.pluginConfig('None')).toThrow(expect.objectContaining({ status: 404 }))
})

test('health tells what the states come to', async () => {
  const { herder, put, script, states } = setUp()
  script.onStart = ({ task }) => {
    if (task === 0) throw new Error('the disk is full')
  }
  const health = async () => {
    await states()
    const { status, tasks } = await herder.health('c')
    return { status, ...tasks }
  }
  await put({ 'tasks.max': '3' })
  expect(await health()).toEqual({ status: 'degraded', running: 2, failed: 1, paused: 0, other: 0 })
  await herder.setTargetState('c', 'PAUSED')
  expect(await health()).toEqual({ status: 'paused', running: 0, failed: 1, paused: 2, other: 0 })
  await herder.setTargetState('c', 'STOPPED')
  expect(await health()).toEqual({ status: 'stopped', running: 0, failed: 0, paused: 0, other: 0 })
  await herder.setTargetState('c', 'STARTED')
  await put({ 'tasks.max': '1' })
  expect(await health()).toEqual({ status: 'unhealthy', running: 0, failed: 1, paused: 0, other: 0 })
  script.taskConfigs = () => [{}, {}]
  await put({ 'tasks.max': '1', 'x.note': '1' })
  expect(await health()).toMatchObject({ status: 'unhealthy', failed: 1 })
  script.taskConfigs = () => [{ 'x.own': '1' }]
  script.onStart = undefined
  await put({ 'tasks.max': '1', 'x.note': '2' })
  expect(await health()).toEqual({ status: 'healthy', running: 1, failed: 0, paused: 0, other: 0 })
})
