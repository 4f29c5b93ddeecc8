import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type WorkerProcess, workerHome } from '../support/worker-process.ts'

const sound = {
  'connector.class': 'FileStreamSink',
  topics: 'buses',
  transforms: 'hoist, cast, drop, cut',
  'transforms.drop.type': 'Filter',
  'transforms.cut.type': 'ExtractField$Value',
  'transforms.cast.type': 'Cast$Value',
  predicates: 'isBus',
  'predicates.isBus.type': 'TopicNameMatches',
}

/** Each is wrong in another way. What the answer has to say: the value, and what would be right. */
const mistakes = [
  ['tasks.max', '0', 'at least 1'],
  ['value.converter', 'JsonConvertor', 'JsonConverter'],
  ['config.action.reload', 'sometimes', 'none, restart'],
  ['errors.retry.timeout', 'soon', 'number of type LONG'],
  ['errors.tolerance', 'some', 'none, all'],
  ['errors.log.enable', 'maybe', 'either true or false'],
  ['transforms.hoist.type', 'HoistFeild$Value', 'HoistField'],
  ['transforms.cast.spec', 'speed:int33', '[INT8, INT16, INT32, INT64'],
  ['transforms.drop.predicate', 'isBuss', 'isBus'],
  ['transforms.cut.field', undefined, 'Missing required'],
  ['predicates.isBus.pattern', 'bus(', 'Unterminated group'],
  ['consumer.override.max.poll.records', 'many', 'number of type INT'],
] as const

const declared: Record<string, string> = { ...sound }
for (const [property, value] of mistakes) if (value !== undefined) declared[property] = value

interface ConfigInfos {
  readonly error_count: number
  readonly configs: readonly {
    readonly value: { readonly name: string; readonly value: string | null; readonly errors: readonly string[] }
  }[]
}

let worker: WorkerProcess

beforeAll(async () => {
  const stops: (() => Promise<void>)[] = []
  const home = await workerHome(inject('kafka'), {}, (stop) => void stops.push(stop))
  worker = await home.start([])
  return async () => void (await Promise.all(stops.map((stop) => stop())))
})

const send = (method: string, path: string, body: object) =>
  fetch(`${worker.restUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('POST refuses a declaration with twelve mistakes with all twelve in one answer', async () => {
  const answer = await send('POST', '/connectors', { name: 'twelve', config: declared })
  expect(answer.status).toBe(400)
  const { error_code, message } = (await answer.json()) as { error_code: number; message: string }
  expect(error_code).toBe(400)
  expect(message).toContain('Connector configuration is invalid and contains the following 12 error(s):')
  const lines = message.split('\n').slice(1, -1)
  expect(lines).toHaveLength(12)
  for (const [property, value = '', right] of mistakes) {
    const own = lines.filter((line) => line.includes(property))
    expect(own).toHaveLength(1)
    expect(own[0]).toContain(property === 'transforms.cast.spec' ? 'int33' : value)
    expect(own[0]).toContain(right)
  }
  expect(await (await fetch(`${worker.restUrl}/connectors/twelve`)).json()).toMatchObject({ error_code: 404 })
})

test('validate has each of them at its property, with the value', async () => {
  const answer = await send('PUT', '/connector-plugins/FileStreamSink/config/validate', { name: 'twelve', ...declared })
  expect(answer.status).toBe(200)
  const { error_count, configs } = (await answer.json()) as ConfigInfos
  expect(error_count).toBe(12)
  const wrong = configs.flatMap(({ value: { name, value, errors } }) =>
    errors.length > 0 ? [{ name, value, errors }] : [],
  )
  expect(wrong.map(({ name }) => name).toSorted()).toEqual(mistakes.map(([property]) => property).toSorted())
  for (const [property, value = '', right] of mistakes) {
    const found = wrong.find(({ name }) => name === property)
    expect(found?.errors).toEqual([expect.stringContaining(right)])
    // As in Kafka Connect a value that cannot be parsed is null beside an error that quotes it.
    expect(`${found?.value} ${found?.errors.join()}`).toContain(value)
  }
})

test('tidegate validate names all twelve with their file, and its exit code is 1', async () => {
  const dir = await tempFolder()
  const file = join(dir, 'twelve.json')
  await writeFile(file, JSON.stringify({ name: 'twelve', config: declared }))
  const text = await runCli(['validate', file])
  expect(text.code).toBe(1)
  expect(text.stdout).toContain(`${file}: 12 errors\n`)
  const lines = text.stdout.split('\n').filter((line) => line.startsWith('  error'))
  for (const [property, value = '', right] of mistakes) {
    const own = lines.filter((line) => line.includes(property))
    expect(own).toHaveLength(1)
    expect(own[0]).toContain(value)
    expect(own[0]).toContain(right)
  }
  const [report] = JSON.parse((await runCli(['validate', file, '--json'])).stdout) as [
    { errors: { property: string }[] },
  ]
  expect(report.errors.map(({ property }) => property).toSorted()).toEqual(
    mistakes.map(([property]) => property).toSorted(),
  )
})

test('without the mistakes the declaration is sound', async () => {
  const right: Record<string, string> = {
    ...sound,
    name: 'twelve',
    'transforms.hoist.type': 'HoistField$Value',
    'transforms.hoist.field': 'line',
    'transforms.cast.spec': 'speed:int32',
    'transforms.drop.predicate': 'isBus',
    'transforms.cut.field': 'line',
    'predicates.isBus.pattern': 'bus(es)?',
  }
  const answer = await send('PUT', '/connector-plugins/FileStreamSink/config/validate', right)
  expect(await answer.json()).toMatchObject({ error_count: 0 })
})
