import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { traceOf } from '#api'
import { createKafkaClient, type KafkaClient, type RecordConsumer } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { storePassword } from '../support/key-stores.ts'
import { quietLog } from '../support/quiet.ts'
import { kafkaUser, type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'

let kafka: SecuredKafka
let trust: Record<string, string>
let mine: Record<string, string>
let tokens: Server
let tokenUrl = ''

beforeAll(async () => {
  kafka = await startSecuredKafka()
  const { authority } = kafka
  trust = { 'ssl.truststore.location': await authority.trustStore('JKS'), 'ssl.truststore.password': storePassword }
  mine = {
    'ssl.keystore.location': await authority.keyStore('client', 'JKS'),
    'ssl.keystore.password': storePassword,
  }
  tokens = createServer(async (request, response) => {
    const expected = `Basic ${Buffer.from(`${kafkaUser.name}:${kafkaUser.password}`).toString('base64')}`
    const granted = request.headers.authorization === expected
    response.writeHead(granted ? 200 : 401, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(granted ? { access_token: await kafka.token(), expires_in: 300 } : { error: 'invalid_client' }),
    )
  })
  await new Promise<void>((resolve) => void tokens.listen(0, '127.0.0.1', () => resolve()))
  const address = tokens.address()
  tokenUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/token`
}, 300_000)

afterAll(async () => {
  await new Promise((resolve) => tokens?.close(resolve))
  await kafka?.stop()
})

function client(listener: keyof SecuredKafka['servers'], props: Record<string, string>): KafkaClient {
  const made = createKafkaClient({
    bootstrapServers: [kafka.servers[listener]],
    clientId: 'secured',
    props,
    log: quietLog,
    clock: systemClock,
  })
  onTestFinished(() => made.close())
  return made
}

const options = (topic: string) => ({
  groupId: `secured-${randomUUID()}`,
  clientId: 'secured',
  topics: [topic],
  maxPollRecords: 100,
  onUpstream() {},
  onMissing() {},
})

async function read(consumer: RecordConsumer): Promise<readonly string[]> {
  onTestFinished(() => consumer.close())
  const values: string[] = []
  await eventually(async () => {
    const { batches } = await consumer.poll(200, new AbortController().signal)
    values.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))))
    return values.length >= 2
  })
  return values
}

/** All that a worker does with Kafka, and what comes of it. */
async function workThrough(secured: KafkaClient) {
  const topic = `secured.${randomUUID()}`
  await secured.createTopic(topic, { partitions: 1, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } })
  const producer = await secured.producer({ clientId: 'secured' })
  onTestFinished(() => producer.close())
  await producer.send(
    ['a', 'b'].map((value) => ({ topic, key: Buffer.from(value), value: Buffer.from(value), headers: [] })),
  )
  const group = await read(secured.groupConsumer({ ...options(topic), committable: () => [] }))
  const reader = await read(await secured.logReader({ ...options(topic), warmMs: -1 }))
  const newest = (await secured.newest([topic], 1, new AbortController().signal)).map(({ offset }) => offset)
  const groupId = `secured-${randomUUID()}`
  await secured.alterOffsets(groupId, [{ topic, partition: 0, offset: 1n }])
  const committed = (await secured.committed(groupId, [topic])).map(({ offset }) => offset)
  await secured.deleteGroup(groupId)
  return { group, reader, newest, committed }
}

const all = { group: ['a', 'b'], reader: ['a', 'b'], newest: [1n], committed: [1n] }

const login = (module: string, password = kafkaUser.password) =>
  `org.apache.kafka.common.security.${module} required username="${kafkaUser.name}" password="${password}";`

const sasl = (mechanism: string, password?: string): Record<string, string> => ({
  ...trust,
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': mechanism,
  'sasl.jaas.config': login(mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule', password),
})

const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512', 'PLAIN']

test.each(mechanisms)('%s over TLS: writing, a group, a log reader and administration work', async (mechanism) => {
  expect(await workThrough(client('SASL', sasl(mechanism)))).toEqual(all)
})

test('a certificate of our own opens what wants one', async () => {
  const secured = client('MTLS', { 'security.protocol': 'SSL', ...trust, ...mine })
  expect(await workThrough(secured)).toEqual(all)
})

test('OAUTHBEARER with a token from an endpoint, from a file, and unsigned', async () => {
  const bearer = { ...trust, 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER' }
  const secured = client('OAUTH', {
    ...bearer,
    'sasl.oauthbearer.token.endpoint.url': tokenUrl,
    'sasl.oauthbearer.client.credentials.client.id': kafkaUser.name,
    'sasl.oauthbearer.client.credentials.client.secret': kafkaUser.password,
  })
  expect(await workThrough(secured)).toEqual(all)
  const file = join(kafka.authority.dir, 'token')
  await writeFile(file, await kafka.token())
  await client('OAUTH', { ...bearer, 'sasl.oauthbearer.token.endpoint.url': pathToFileURL(file).href }).clusterId()
  const unsigned = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice";',
  }
  await client('CLAIMS', unsigned).clusterId()
})

test('a client’s own properties go before the worker’s, also for what it asks about its topics', async () => {
  const topic = `secured.${randomUUID()}`
  const secured = client('SASL', sasl('PLAIN'))
  await secured.createTopic(topic, { partitions: 1, replicationFactor: 1 })
  const wrong = client('SASL', sasl('PLAIN', 'wrong'))
  const producer = await wrong.producer({ clientId: 'secured', props: sasl('SCRAM-SHA-512') })
  onTestFinished(() => producer.close())
  await producer.send(['a', 'b'].map((value) => ({ topic, key: null, value: Buffer.from(value), headers: [] })))
  const props = { ...sasl('SCRAM-SHA-256'), 'bootstrap.servers': kafka.servers.SASL }
  expect(await read(wrong.groupConsumer({ ...options(topic), props, committable: () => [] }))).toEqual(['a', 'b'])
})

const rejected = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => expect.unreachable(),
    (thrown: unknown) => thrown,
  )
  expect(traceOf(error)).not.toMatch(/never-in-a-message|wrong-secret/)
  return error instanceof Error ? error.message : String(error)
}

test.each(mechanisms)('%s with a wrong password is refused for good, by mechanism and user', async (mechanism) => {
  const topic = `secured.${randomUUID()}`
  await client('SASL', sasl('PLAIN')).createTopic(topic, { partitions: 1, replicationFactor: 1 })
  const wrong = client('SASL', sasl(mechanism, 'wrong-secret'))
  const refusal = new RegExp(
    `refused user alice \\(SASL mechanism ${mechanism}\\).*Check sasl\\.mechanism and sasl\\.jaas\\.config`,
  )
  expect(await rejected(wrong.clusterId())).toMatch(refusal)
  expect(await rejected(wrong.logReader({ ...options(topic), warmMs: -1 }))).toMatch(refusal)
  const member = wrong.groupConsumer({ ...options(topic), committable: () => [] })
  onTestFinished(() => member.close())
  expect(await rejected(member.poll(20_000, new AbortController().signal))).toMatch(refusal)
  const producer = await wrong.producer({ clientId: 'secured' })
  onTestFinished(() => producer.close())
  const sent = producer.send([{ topic, key: null, value: null, headers: [] }])
  await expect(sent).rejects.toMatchObject({ retriable: false })
  expect(await rejected(sent)).toMatch(refusal)
})

test('a token endpoint that refuses is told with its complaint', async () => {
  const wrong = client('OAUTH', {
    ...trust,
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.oauthbearer.token.endpoint.url': tokenUrl,
    'sasl.oauthbearer.client.credentials.client.id': kafkaUser.name,
    'sasl.oauthbearer.client.credentials.client.secret': 'wrong-secret',
  })
  expect(await rejected(wrong.clusterId())).toMatch(/gave client alice no token: HTTP 401, invalid_client/)
})

test('what TLS refuses is told with broker, reason and what to do', async () => {
  const ssl = { 'security.protocol': 'SSL' }
  const cases: readonly (readonly [keyof SecuredKafka['servers'], Record<string, string>, RegExp])[] = [
    [
      'ELSEWHERE',
      ssl,
      /TLS connection to Kafka at localhost:\d+ failed.*Name the authority .* in ssl\.truststore\.location/,
    ],
    ['ELSEWHERE', { ...ssl, ...trust }, /altnames.*The name in bootstrap\.servers/],
    ['EXPIRED', { ...ssl, ...trust }, /certificate has expired.*has to be renewed/],
    ['MTLS', { ...ssl, ...trust }, /check ssl\.keystore\.location/],
    ['PLAINTEXT', { ...ssl, ...trust }, /may not speak TLS: check security\.protocol and the port/],
    [
      'SASL',
      { ...sasl('PLAIN'), 'ssl.truststore.password': 'wrong-secret' },
      /ssl\.truststore\.location .*password is wrong/,
    ],
  ]
  for (const [listener, props, message] of cases)
    expect(await rejected(client(listener, props).clusterId())).toMatch(message)
  const lenient = { ...ssl, ...trust, 'ssl.endpoint.identification.algorithm': '' }
  expect(await client('ELSEWHERE', lenient).clusterId()).toBeTypeOf('string')
})
