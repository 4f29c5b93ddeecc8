import { expect, test } from 'vitest'
import { createRedact } from '../../../src/runtime/index.ts'
import { changingResolver, setUp } from './harness.ts'

const everything = (log: ReturnType<typeof setUp>['log']) =>
  log.lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields, errorsToo)}`).join('\n')

const errorsToo = (_: string, value: unknown) =>
  value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value

test('tasks get what a provider gave; REST shows what was written', async () => {
  const { herder, put, script, states } = setUp({ resolver: changingResolver({ who: 'hunter2' }) })
  const seen: unknown[] = []
  script.onStart = ({ props }) => seen.push(props['x.user'])
  // A connector may make properties of its own of a value.
  script.taskConfigs = () => [{ 'x.url': 'http://hunter2@host' }]
  await put({ 'x.user': '${test:who}', 'x.other': '${unknown:who}' })
  await states()
  expect(seen).toEqual(['hunter2'])
  expect(await herder.connectorConfig('c')).toMatchObject({ 'x.user': '${test:who}', 'x.other': '${unknown:who}' })
  const [task] = await herder.tasks('c')
  expect(task?.config).toMatchObject({
    'x.user': '${test:who}',
    'x.other': '${unknown:who}',
    'x.url': 'http://[hidden]@host',
  })
})

test('traces, log lines and facts have no value of a provider and no password', async () => {
  const { herder, put, script, states, log } = setUp({ resolver: changingResolver({ who: 'hunter2' }) })
  script.onStart = ({ props, log: own, report }) => {
    own.warn({ login: { user: props['x.login'] }, list: [props['token']] }, 'cannot log in')
    report({ as: `user ${props['x.login']}` })
    throw new Error(`no entry for ${props['x.login']}`, { cause: new Error(`wrong token ${props['token']}`) })
  }
  await put({ 'x.login': 'me:${test:who}@host', token: 'correct horse' })
  expect(await states()).toBe('RUNNING: FAILED')
  const status = await herder.connectorState('c')
  expect(status.tasks[0]?.trace).toContain('no entry for me:[hidden]@host')
  expect(status.tasks[0]?.trace).toContain('wrong token [hidden]')
  expect(status.tasks[0]?.facts).toEqual({ as: 'user me:[hidden]@host' })
  for (const text of [JSON.stringify(status), everything(log)]) {
    expect(text).not.toContain('hunter2')
    expect(text).not.toContain('correct horse')
  }
  expect(everything(log)).toContain('cannot log in')
})

test('a secret within a longer one leaves nothing of it, and one of three letters is left alone', () => {
  const redact = createRedact(['hunter', 'hunter2-and-more', 'ten'])
  expect(redact('hunter2-and-more, hunter, often')).toBe('[hidden], [hidden], often')
})

test('a secret is hidden within JSON, a URL and a form too', () => {
  const secret = 'p"ss w\\rd/é'
  const redact = createRedact([secret, 'half \ud800'])
  const written = [JSON.stringify({ secret }), encodeURIComponent(secret), String(new URLSearchParams({ secret }))]
  expect(written.map(redact)).toEqual(['{"secret":"[hidden]"}', '[hidden]', 'secret=[hidden]'])
})

test('the passphrase of an assertion’s key is a secret', async () => {
  const { herder, put, script, states } = setUp()
  script.onStart = () => {
    throw new Error('cannot open the key with swordfish')
  }
  await put({ 'producer.override.sasl.oauthbearer.assertion.private.key.passphrase': 'swordfish' })
  await states()
  expect((await herder.taskState({ connector: 'c', task: 0 })).trace).toContain('with [hidden]')
})

test('a part of a compound secret is not readable either', async () => {
  const { herder, put, script, states } = setUp()
  script.onStart = () => {
    throw new Error('refused: password swordfish')
  }
  const jaas = 'org.example.PlainLoginModule required username="me" password="swordfish";'
  await put({ 'producer.override.sasl.jaas.config': jaas })
  await states()
  expect((await herder.taskState({ connector: 'c', task: 0 })).trace).toContain('refused: password [hidden]')
})

test('a configuration is refused without the values of providers', async () => {
  const { herder, put } = setUp({ resolver: changingResolver({ size: 'hunter2', type: 'SecretName' }) })
  for (const props of [{ size: '${test:size}' }, { 'connector.class': '${test:type}' }]) {
    const error = await put(props).then(
      () => undefined,
      (cause: unknown) => cause,
    )
    expect(String(error)).toMatch(/ConfigError/)
    expect(String(error)).not.toMatch(/hunter2|SecretName/)
  }
  const { keys } = await herder.validate('ScriptedSource', { name: 'c', size: '${test:size}' })
  expect(JSON.stringify(keys.find(({ name }) => name === 'size'))).not.toContain('hunter2')
})

test('a value that changes at its provider restarts the connector with its tasks', async () => {
  const values = { who: 'first' }
  const resolver = changingResolver(values)
  const { put, script, states } = setUp({ resolver })
  const seen: unknown[] = []
  script.onStart = ({ props }) => seen.push(props['x.user'])
  await put({ 'x.user': '${test:who}', 'tasks.max': '2' })
  await states()
  values.who = 'second'
  resolver.changed()
  await states()
  values.who = 'third'
  resolver.changed()
  expect(await states()).toBe('RUNNING: RUNNING RUNNING')
  expect(seen).toEqual(['first', 'first', 'second', 'second', 'third', 'third'])
})

test('a value that a provider has only later is waited for', async () => {
  const values: Record<string, string> = {}
  const resolver = changingResolver(values)
  const { put, script, states } = setUp({ resolver })
  const seen: unknown[] = []
  script.onStart = ({ props }) => seen.push(props['x.user'])
  await put({ 'x.user': '${test:who}' })
  await states()
  values['who'] = 'there'
  resolver.changed()
  expect(await states()).toBe('RUNNING: RUNNING')
  expect(seen).toEqual(['${test:who}', 'there'])
})

test('a provider that lacks a value or fails leaves the connector as it is, which is told when it has one again', async () => {
  const values: Record<string, string> = { who: 'first' }
  const resolver = changingResolver(values)
  let isAway = false
  const resolve: typeof resolver.resolve = async (props) => {
    if (isAway) throw new Error('file is away')
    return resolver.resolve(props)
  }
  const { put, script, states, log } = setUp({ resolver: { resolve } })
  const seen: unknown[] = []
  script.onStart = ({ props }) => seen.push(props['x.user'])
  await put({ 'x.user': '${test:who}' })
  await states()
  delete values['who']
  resolver.changed()
  expect(await states()).toBe('RUNNING: RUNNING')
  isAway = true
  resolver.changed()
  expect(await states()).toBe('RUNNING: RUNNING')
  expect(seen).toEqual(['first'])
  expect(everything(log)).toMatch(/keeps what it has.*no value of x\.user[^]*keeps what it has.*file is away/)
  isAway = false
  values['who'] = 'second'
  resolver.changed()
  await states()
  expect(seen).toEqual(['first', 'second'])
})

test('and does not with config.action.reload=none, nor when the connector is gone', async () => {
  const values = { who: 'first' }
  const resolver = changingResolver(values)
  const { herder, put, script, states } = setUp({ resolver })
  await put({ 'x.user': '${test:who}', 'config.action.reload': 'none' })
  await states()
  values.who = 'second'
  resolver.changed()
  await states()
  expect(script.started).toBe(1)
  await put({ 'x.user': '${test:who}' })
  await states()
  await herder.deleteConnector('c')
  values.who = 'third'
  resolver.changed()
  await new Promise((resolve) => setImmediate(resolve))
  expect(script.started).toBe(2)
})

test('aliases that a provider gave are in no name, label or sentence of what validate answers', async () => {
  const { herder } = setUp({ resolver: changingResolver({ who: 'hunter2' }) })
  const config = {
    'connector.class': 'ScriptedSource',
    name: 'c',
    transforms: '${test:who}',
    predicates: '${test:who}',
  }
  const { keys } = await herder.validate('ScriptedSource', config)
  const names = keys.map(({ name }) => name)
  expect(names).toContain('transforms.${test:who}.type')
  expect(names).toContain('predicates.${test:who}.type')
  expect(JSON.stringify(keys)).not.toContain('hunter2')
})
