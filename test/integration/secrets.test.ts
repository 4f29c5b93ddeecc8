import { appendFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { newTopic, readAll, write } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

const ofFile = 'kept-in-a-file-71'
const ofEnvironment = 'kept-in-the-environment-72'
const literal = 'written-into-the-declaration-73'

const providers = {
  'config.providers': 'file, env',
  'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
  'config.providers.env.class': 'EnvVarConfigProvider',
  'config.providers.reload.ms': '100',
}

/** A registry that refuses everybody and, as bad servers do, says to whom; with the passwords that it was shown. */
async function tellTaleRegistry() {
  const shown: string[] = []
  const server = createServer((request, response) => {
    const login = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
    shown.push(login)
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ error_code: 401, message: `Nobody is called ${login} (${request.headers.authorization})` }),
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())))
  return { shown, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('what providers give and passwords are nowhere: REST, refusals, traces, previews, metrics, every log line at debug', async () => {
  vi.stubEnv('SECRETS_TEST_WORD', ofEnvironment)
  onTestFinished(() => void vi.unstubAllEnvs())
  const home = await workerHome(inject('kafka'), { ...providers, 'log.level': 'debug' })
  const secrets = join(home.dir, 'secrets.properties')
  await writeFile(secrets, `login=reader:${ofFile}\n`)
  const registry = await tellTaleRegistry()
  const topic = await newTopic()
  await write(topic, ['\0\0\0\0\u0007not yet readable'])
  const avroSink = (name: string, login: string) => ({
    name,
    'connector.class': 'FileStreamSink',
    topics: topic,
    file: join(home.dir, `${name}.txt`),
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': registry.url,
    'value.converter.basic.auth.credentials.source': 'USER_INFO',
    'value.converter.basic.auth.user.info': login,
    'errors.log.enable': 'true',
    'errors.log.include.messages': 'true',
    transforms: 'add',
    'transforms.add.type': 'InsertField$Value',
    'transforms.add.static.field': 'word',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Kafka Connect's placeholder
    'transforms.add.static.value': '${env:SECRETS_TEST_WORD}',
  })
  const placeholder = `\${file:${secrets}:login}`
  const worker = await home.start([avroSink('by-file', placeholder), avroSink('literal', `reader:${literal}`)])
  const { becomes, get, send } = restOf(worker)
  for (const name of ['by-file', 'literal']) {
    expect((await becomes(name, 'FAILED')).tasks[0]?.trace).toContain(registry.url)
  }
  expect(new Set(registry.shown)).toEqual(new Set([`reader:${ofFile}`, `reader:${literal}`]))

  expect(await get('/connectors/by-file/config')).toMatchObject({ 'value.converter.basic.auth.user.info': placeholder })
  const texts: Record<string, string> = {}
  const look = async (method: string, path: string, body?: object): Promise<void> => {
    texts[`${method} ${path} ${JSON.stringify(body) ?? ''}`] = await (await send(method, path, body)).text()
  }
  for (const path of ['', '/config', '/tasks', '/tasks-config']) await look('GET', `/connectors/by-file${path}`)
  for (const path of ['/status', '/tasks/0/status', '/health', '/offsets', '/topics']) {
    await look('GET', `/connectors/by-file${path}`)
    await look('GET', `/connectors/literal${path}`)
  }
  await look('GET', '/connectors?expand=status')
  await look('GET', '/metrics')
  await look('GET', '/admin/loggers')
  for (const config of [avroSink('by-file', placeholder), avroSink('literal', `reader:${literal}`)]) {
    await look('PUT', '/connector-plugins/FileStreamSink/config/validate', config)
    await look('POST', '/connector-plugins/FileStreamSink/preview', config)
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Kafka Connect's placeholder
  const word = '${env:SECRETS_TEST_WORD}'
  for (const property of ['tasks.max', 'errors.tolerance', 'connector.class', 'value.converter', 'transforms']) {
    const wrong = { ...avroSink('wrong', placeholder), [property]: word }
    await look('POST', '/connectors', { name: 'wrong', config: wrong })
    expect(Object.values(texts).at(-1)).toContain('"error_code":400')
    if (property !== 'connector.class') await look('PUT', '/connector-plugins/FileStreamSink/config/validate', wrong)
  }
  await send('PUT', '/connectors/literal/config', avroSink('literal', placeholder))
  expect(await worker.end()).toBe(0)

  texts['the log'] = worker.lines.join('\n')
  expect(worker.log.some(({ level }) => level === 20)).toBe(true)
  const encoded = [ofFile, literal].map((password) => Buffer.from(`reader:${password}`).toString('base64'))
  const found = Object.entries(texts).flatMap(([where, text]) =>
    [ofFile, ofEnvironment, literal, ...encoded]
      .filter((secret) => text.includes(secret))
      .map((secret) => [where, secret, text]),
  )
  expect(found.map(([where, secret]) => `${secret} in ${where}`)).toEqual([])
})

test('a file that changes restarts what uses it, also when it is replaced by a rename', async () => {
  const home = await workerHome(inject('kafka'), providers)
  const [first, second, third] = [await newTopic(), await newTopic(), await newTopic()]
  const values = join(home.dir, 'values.properties')
  const input = join(home.dir, 'in.txt')
  await writeFile(values, `topic=${first}\n`)
  await writeFile(input, 'one\n')
  const worker = await home.start([
    {
      name: 'source',
      'connector.class': 'FileStreamSource',
      file: input,
      topic: `\${file:${values}:topic}`,
      'value.converter': 'StringConverter',
    },
  ])
  const valuesOf = async (topic: string, count: number) =>
    (await readAll(topic, count)).map(({ value }) => String(value))
  const restarts = () => worker.log.filter(({ msg }) => /restart/.test(msg)).length
  expect(await valuesOf(first, 1)).toEqual(['one'])

  await writeFile(`${values}.new`, `topic=${second}\n`)
  await rename(`${values}.new`, values)
  await eventually(() => restarts() >= 1, { what: 'the restart after a rename' })
  await appendFile(input, 'two\n')
  expect(await valuesOf(second, 1)).toEqual(['two'])

  await writeFile(values, `topic=${third}\n`)
  await eventually(() => restarts() >= 2, { what: 'the restart after a change' })
  await appendFile(input, 'three\n')
  expect(await valuesOf(third, 1)).toEqual(['three'])
  expect(await valuesOf(first, 1)).toEqual(['one'])
  expect((await restOf(worker).becomes('source', 'RUNNING')).connector.state).toBe('RUNNING')
})
