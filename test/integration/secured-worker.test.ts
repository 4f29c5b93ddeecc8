import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { request as ask } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { tlsFromProps } from '../../src/security/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { storePassword } from '../support/key-stores.ts'
import { quietLog } from '../support/quiet.ts'
import { kafkaUser, type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'
import { readAll } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

const registryPassword = 'registry-never-in-a-message'
const wrongPassword = 'wrong-never-in-a-message'

let kafka: SecuredKafka
let trust: Record<string, string>

beforeAll(async () => {
  kafka = await startSecuredKafka()
  trust = {
    'ssl.truststore.location': await kafka.authority.trustStore('PKCS12'),
    'ssl.truststore.password': storePassword,
  }
  return () => kafka.stop()
}, 120_000)

const jaas = (module: string, password = kafkaUser.password): string =>
  `org.apache.kafka.common.security.${module} required username="${kafkaUser.name}" password="${password}";`

const scram = (mechanism: string, password?: string): Record<string, string> => ({
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': mechanism,
  'sasl.jaas.config': jaas('scram.ScramLoginModule', password),
})

const prefixed = (prefix: string, props: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(props).map(([name, value]) => [prefix + name, value]))

/** The shared registry behind TLS and a password. */
async function guardedRegistry(): Promise<string> {
  const store = await kafka.authority.keyStore('registry', 'PKCS12')
  const { key, cert } = await tlsFromProps(
    { 'ssl.keystore.location': store, 'ssl.keystore.password': storePassword, 'ssl.keystore.type': 'PKCS12' },
    { warn() {} },
  )
  const target = new URL(inject('registry'))
  const expected = `Basic ${Buffer.from(`reader:${registryPassword}`).toString('base64')}`
  const server = createServer({ key, cert }, (request, response) => {
    if (request.headers.authorization !== expected) return void response.writeHead(401).end()
    const { authorization: _, host: __, ...headers } = request.headers
    const { hostname, port } = target
    const path = target.pathname.replace(/\/$/, '') + (request.url ?? '')
    const onward = ask({ hostname, port, path, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())))
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

test('a whole worker over SASL_SSL with SCRAM, prefixes, overrides, zstd and a registry with TLS and password', async () => {
  const home = await workerHome(kafka.servers.SASL, { ...trust, ...scram('SCRAM-SHA-512'), 'log.level': 'debug' })
  const registry = await guardedRegistry()
  const topic = `secured.${randomUUID()}`
  const [input, output] = [join(home.dir, 'in.txt'), join(home.dir, 'out.txt')]
  const lines = Array.from({ length: 500 }, (_, at) => `line ${at} ${'x'.repeat(100)}`)
  await writeFile(input, `${lines.join('\n')}\n`)
  const avro = {
    'value.converter': 'io.confluent.connect.avro.AvroConverter',
    'value.converter.schema.registry.url': registry,
    'value.converter.basic.auth.credentials.source': 'USER_INFO',
    'value.converter.basic.auth.user.info': `reader:${registryPassword}`,
    ...prefixed('value.converter.schema.registry.', trust),
  }
  const worker = await home.start(
    [
      {
        name: 'source',
        'connector.class': 'FileStreamSource',
        file: input,
        topic,
        'producer.override.compression.type': 'zstd',
        ...avro,
      },
      {
        name: 'sink',
        'connector.class': 'FileStreamSink',
        file: output,
        topics: topic,
        ...avro,
        ...prefixed('consumer.override.', scram('SCRAM-SHA-512')),
      },
      {
        name: 'stranger',
        'connector.class': 'FileStreamSink',
        file: join(home.dir, 'stranger.txt'),
        topics: topic,
        ...avro,
        ...prefixed('consumer.override.', scram('SCRAM-SHA-256', wrongPassword)),
      },
    ],
    // What a worker of Kafka Connect needs to be told three times may be told three times here.
    {
      ...prefixed('consumer.', { ...trust, ...scram('SCRAM-SHA-256') }),
      ...prefixed('producer.', { ...trust, ...scram('SCRAM-SHA-256') }),
    },
  )
  await eventually(async () => (await readFile(output, 'utf8')).split('\n').length > lines.length, {
    what: 'all lines in the file of the sink',
  })
  expect((await readFile(output, 'utf8')).trim().split('\n')).toEqual(lines)

  const plain = createKafkaClient({
    bootstrapServers: [kafka.servers.PLAINTEXT],
    clientId: 'test',
    log: quietLog,
    clock: systemClock,
  })
  onTestFinished(() => plain.close())
  expect(await readAll(topic, lines.length, plain)).toHaveLength(lines.length)

  const { becomes, get } = restOf(worker)
  const { tasks } = await becomes('stranger', 'FAILED')
  expect(tasks[0]?.trace).toMatch(/refused user alice \(SASL mechanism SCRAM-SHA-256\)/)
  expect(await get('/')).toMatchObject({ kafka_cluster_id: expect.stringMatching(/.+/) })
  const told = [JSON.stringify(tasks), await (await fetch(`${worker.restUrl}/metrics`)).text(), ...worker.lines].join(
    '\n',
  )
  expect(told).not.toMatch(/never-in-a-message/)
  expect(await worker.end()).toBe(0)
})

test('a worker with a wrong password says mechanism and user, keeps its REST API, and ends when told', async () => {
  const home = await workerHome(kafka.servers.SASL, { ...trust, ...scram('SCRAM-SHA-512', wrongPassword) })
  const topic = `secured.${randomUUID()}`
  const worker = await home.start([
    { name: 'sink', 'connector.class': 'FileStreamSink', file: join(home.dir, 'out.txt'), topics: topic },
  ])
  const { becomes, get } = restOf(worker)
  const { tasks } = await becomes('sink', 'FAILED')
  const refusal = /refused user alice \(SASL mechanism SCRAM-SHA-512\).*Check sasl\.mechanism and sasl\.jaas\.config/
  expect(tasks[0]?.trace).toMatch(refusal)
  expect(await get('/')).toMatchObject({ error_code: 500, message: expect.stringMatching(refusal) })
  expect(await get('/connectors/sink/health')).toMatchObject({ status: 'unhealthy' })
  expect(worker.lines.join('\n')).toMatch(refusal)
  expect(`${worker.lines.join('\n')} ${JSON.stringify(tasks)}`).not.toMatch(/never-in-a-message/)
  expect(await worker.end()).toBe(0)
})
