import { expect, test, vi } from 'vitest'
import {
  ConnectError,
  type Ingress,
  type IngressAnswer,
  logicalNames,
  RetriableError,
  type Schema,
  SchemaMismatchError,
} from '#api'
import { webSocketServerSource } from '../../../../src/connectors/websocket/server-source.ts'
import { runSource } from '../../../conformance/run-task.ts'
import { testSource } from '../../../conformance/source.ts'
import { memoryGateway } from '../../../support/memory-gateway.ts'

const props = { channels: 'report:*', topic: 'reports' }

testSource({
  connector: webSocketServerSource,
  resumes: false,
  async remote() {
    const gateway = memoryGateway()
    const settled: Promise<unknown>[] = []
    return {
      props: { ...props, 'ingress.max.pending': '20' },
      gateway: gateway.port,
      async feed(numbers) {
        for (const n of numbers) settled.push(gateway.publish({ data: JSON.stringify({ n }) }))
      },
      async poison() {
        const answer = await gateway.publish({ data: '{"n":"one"}' })
        return answer.ok ? undefined : answer.message
      },
      async flood() {
        for (let n = 0; ; n++) {
          const answer = await Promise.race([gateway.publish({ data: JSON.stringify({ n }) }), immediate()])
          if (answer === undefined) continue
          expect(answer).toMatchObject({ ok: false, code: 'busy', retryable: true })
          return n
        }
      },
      open: gateway.attached,
    }
  },
})

const immediate = (): Promise<undefined> => new Promise((resolve) => setImmediate(() => resolve(undefined)))

const start = async (more: Record<string, string> = {}, valueSchema?: () => Promise<Schema | undefined>) => {
  const gateway = memoryGateway()
  const run = await runSource(webSocketServerSource, {
    props: { ...props, ...more },
    gateway: gateway.port,
    ...(valueSchema && { valueSchema }),
  })
  return { run, publish: (ingress: Partial<Ingress> = {}) => gateway.publish(ingress) }
}

test('answers only when Kafka has acknowledged, with the coordinates', async () => {
  const { run, publish } = await start()
  const answered = vi.fn<(answer: IngressAnswer) => void>()
  const answer = publish().then(answered)
  const [record] = await run.task.poll()
  await immediate()
  expect(answered).not.toHaveBeenCalled()
  run.acknowledge(record ? [record] : [])
  await answer
  expect(answered).toHaveBeenCalledWith({ ok: true, coordinates: { topic: 'reports', partition: 0, offset: '0' } })
})

test('makes key and topic of channel, client and value', async () => {
  const { run, publish } = await start({
    topic: undefined as never,
    'topic.template': 'reports.#{channel.1}',
    'topics.allow': 'reports.a b, reports.7',
    key: '#{client}/#{value.n}/#{message.key}',
  })
  void publish({ channel: 'report:a%20b', key: 'k' })
  expect(await run.records(1)).toMatchObject([
    { topic: 'reports.a b', key: 'rider/1/k', keySchema: { type: 'string' }, value: { n: 1 }, sourceOffset: {} },
  ])
  expect(await publish({ channel: 'report:7' })).toMatchObject({ ok: false, code: 'invalid', field: 'message.key' })
  expect(await publish({ channel: 'report:secret', key: 'k' })).toMatchObject({ ok: false, code: 'topic_not_allowed' })
})

test("keeps the client's key when no key is declared", async () => {
  const { run, publish } = await start()
  void publish({ key: 'mine' })
  void publish()
  expect((await run.records(2)).map(({ key }) => key)).toEqual(['mine', null])
})

test.each([
  ['broken text', '{', { code: 'bad_json', retryable: false }],
  ['null', 'null', { code: 'invalid' }],
  ['a rounded integer', '{"a":[0,12345678901234567890]}', { code: 'unsafe_integer', field: 'a.1' }],
  ['a number without end', '{"a":-1e400}', { code: 'unsafe_number', field: 'a' }],
  ['a deep nest', '['.repeat(5000) + ']'.repeat(5000), { code: 'invalid' }],
])('refuses %s even without a schema', async (_what, data, refusal) => {
  const { publish } = await start()
  expect(await publish({ data })).toMatchObject({ ok: false, ...refusal })
})

test('names the field that does not fit the schema', async () => {
  const schema: Schema = { type: 'struct', fields: [{ name: 'at', schema: { type: 'int64' } }] }
  const { run, publish } = await start({}, async () => schema)
  expect(await publish({ data: '{"at":"soon"}' })).toMatchObject({ ok: false, code: 'invalid', field: 'at' })
  expect(await publish({ data: '{"at":9007199254740993}' })).toMatchObject({ code: 'unsafe_integer', field: 'at' })
  void publish({ data: '{"at":"9007199254740993"}' })
  expect(await run.records(1)).toMatchObject([{ value: { at: 9007199254740993n }, valueSchema: schema }])
})

test('does not take a decimal that parsing has rounded', async () => {
  const dec: Schema = { type: 'bytes', name: logicalNames.decimal, parameters: { scale: '4' } }
  const schema: Schema = { type: 'struct', fields: [{ name: 'dec', schema: dec }] }
  const { publish } = await start({}, async () => schema)
  expect(await publish({ data: '{"dec":12345678901234567.8912}' })).toMatchObject({
    code: 'unsafe_number',
    field: 'dec',
  })
})

test('says that the schema cannot be had, without naming the topic', async () => {
  const { publish } = await start({}, () => Promise.reject(new RetriableError('registry away: reports-value')))
  const answer = await publish()
  expect(answer).toMatchObject({ ok: false, code: 'schema_unavailable', retryable: true })
  expect(JSON.stringify(answer)).not.toContain('reports')
})

test('refuses new messages while Kafka is away and keeps those that wait', async () => {
  const { run, publish } = await start()
  const waiting = publish()
  const records = await run.task.poll()
  run.task.upstream?.({ reachable: false, since: 0 })
  expect(await publish()).toMatchObject({ ok: false, code: 'kafka_unavailable', retryable: true })
  run.task.upstream?.({ reachable: true, since: 0 })
  run.acknowledge(records)
  expect(await waiting).toMatchObject({ ok: true })
})

test('answers new messages while it is paused, and keeps those that wait', async () => {
  const { run, publish } = await start()
  const waiting = publish()
  await immediate()
  run.task.paused?.(true)
  expect(await Promise.race([publish(), immediate()])).toMatchObject({
    ok: false,
    code: 'unavailable',
    retryable: true,
    retryAfter: expect.any(Number),
  })
  run.task.paused?.(false)
  const next = publish()
  await run.records(2)
  expect([await waiting, await next]).toMatchObject([{ ok: true }, { ok: true }])
})

test('refuses new messages when the oldest has waited too long', async () => {
  const { run, publish } = await start({ 'ingress.stall.ms': '20' })
  void publish()
  await expect.poll(() => Promise.race([publish(), immediate()])).toMatchObject({ code: 'kafka_unavailable' })
  await run.records(1)
})

test('refuses for good what is larger than all that may wait', async () => {
  const { publish } = await start({ 'ingress.max.pending.bytes': '10' })
  expect(await publish({ data: '"12345678901"' })).toMatchObject({ code: 'too_large', retryable: false })
})

test('tells a client only what it may know of an error behind the queue', async () => {
  const { run, publish } = await start()
  const errors = [
    new SchemaMismatchError('reports-value: no', { context: { field: 'a.b' } }),
    new RetriableError('reports'),
    new ConnectError('reports'),
  ]
  const answers = errors.map(() => publish())
  const records = await run.task.poll()
  for (const [index, error] of errors.entries()) {
    const record = records[index]
    if (record) run.task.commitRecord?.(record, undefined, error)
  }
  const given = await Promise.all(answers)
  expect(given).toMatchObject([
    { code: 'invalid', field: 'a.b', retryable: false },
    { code: 'kafka_unavailable', retryable: true },
    { code: 'failed', retryable: false },
  ])
  expect(JSON.stringify(given)).not.toContain('reports')
})

test('takes a message that a transformation dropped for dealt with', async () => {
  const { run, publish } = await start()
  const answer = publish()
  const [record] = await run.task.poll()
  if (record) run.task.commitRecord?.(record, undefined)
  expect(await answer).toEqual({ ok: true })
})

test('answers what waits when it stops', async () => {
  const { run, publish } = await start()
  const waiting = publish()
  await immediate()
  await run.stop()
  expect(await waiting).toMatchObject({ ok: false, code: 'shutting_down', retryable: true })
})

test.each([
  [{ channels: 'a' }, 'topic'],
  [{ channels: 'a', topic: 't', 'topic.template': 'u' }, 'topic'],
  [{ channels: 'a', 'topic.template': 'u' }, 'topics.allow'],
  [{ channels: 'a', topic: 't', 'transaction.boundary': 'interval' }, 'transaction.boundary'],
])('complains of %j', (given, key) => {
  const complaints = webSocketServerSource.check?.(webSocketServerSource.config.parse(given), given)
  expect(complaints?.map((complaint) => complaint.key)).toContain(key)
})
