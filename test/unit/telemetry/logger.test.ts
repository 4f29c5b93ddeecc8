import { expect, test } from 'vitest'
import { createLogging } from '../../../src/telemetry/logger.ts'
import { manualClock } from '../../support/quiet.ts'

function logging(level: 'info' | 'silent' = 'info') {
  const lines: Record<string, unknown>[] = []
  const clock = manualClock(5000)
  const made = createLogging(level, { destination: { write: (line) => lines.push(JSON.parse(line)) }, clock })
  return { ...made, lines, messages: () => lines.splice(0).map(({ msg }) => msg), clock }
}

test('a logger follows its own level and no other', () => {
  const { log, levels, messages } = logging()
  const kafka = log.child({ logger: 'tidegate.kafka' })
  const connector = log.child({ connector: 'a', task: 0 })
  expect(levels.set('tidegate.kafka', 'debug')).toEqual(['tidegate.kafka'])
  for (const [each, name] of [
    [log, 'own'],
    [kafka, 'kafka'],
    [connector, 'connector'],
  ] as const)
    each.debug({}, name)
  expect(messages()).toEqual(['kafka'])
  levels.set('connector.a', 'ERROR')
  connector.warn({}, 'a warning')
  connector.child({ more: 1 }).warn({}, 'of a child')
  connector.error({}, 'an error')
  expect(messages()).toEqual(['an error'])
})

test('setting a logger sets those below it and names the ones that changed', () => {
  const { log, levels, clock } = logging()
  log.child({ connector: 'a' })
  log.child({ connector: 'ab' })
  expect(levels.get('connector.a')).toEqual({ level: 'INFO', last_modified: null })
  expect(levels.set('connector.a', 'DEBUG')).toEqual(['connector.a'])
  expect(levels.set('connector', 'debug')).toEqual(['connector', 'connector.ab'])
  expect(levels.set('connector', 'DEBUG')).toEqual([])
  expect(levels.get('connector.ab')).toEqual({ level: 'DEBUG', last_modified: clock.now() })
  expect(levels.set('root', 'WARN')).toEqual([
    'connector',
    'connector.a',
    'connector.ab',
    'root',
    'tidegate',
    'tidegate.kafka',
    'tidegate.rest',
  ])
})

test('a logger that nobody has used yet is made when it is set, and begins with its parent’s level otherwise', () => {
  const { log, levels, messages } = logging()
  expect(levels.get('connector.later')).toBeUndefined()
  expect(levels.set('connector.later', 'INFO')).toEqual([])
  expect(levels.set('connector.later', 'DEBUG')).toEqual(['connector.later'])
  log.child({ connector: 'later' }).debug({}, 'seen')
  log.child({ logger: 'connector.later.part' }).debug({}, 'seen too')
  expect(messages()).toEqual(['seen', 'seen too'])
})

test('Kafka Connect’s namespaces reach what they stand for', () => {
  const { log, levels, messages } = logging()
  const task = log.child({ connector: 'c', task: 0 })
  expect(levels.set('org.apache.kafka.connect', 'DEBUG')).toEqual([
    'connector',
    'connector.c',
    'org.apache.kafka.connect',
    'tidegate',
    'tidegate.kafka',
    'tidegate.rest',
  ])
  task.debug({}, 'of a task')
  log.debug({}, 'of the worker')
  expect(messages()).toEqual(['of a task', 'of the worker'])
})

test('one that is off writes nothing and is not listed', () => {
  const { log, levels, messages } = logging('silent')
  log.error({}, 'unheard')
  expect(messages()).toEqual([])
  expect(levels.all()).toEqual({})
  levels.set('', 'trace')
  expect(Object.keys(levels.all())).toEqual(['connector', 'root', 'tidegate', 'tidegate.kafka', 'tidegate.rest'])
  expect(levels.isLevel('Fatal')).toBe(true)
  expect(levels.isLevel('BOGUS')).toBe(false)
})
