import { expect, test } from 'vitest'
import type { Header, Props, SourceRecord } from '#api'
import { DataError, defineConfig, defineConverter, defineHeaderConverter, toJson } from '#api'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import type { KafkaRecord } from '../../../src/kafka/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { buildConverter, buildHeaderConverter, openConverters } from '../../../src/runtime/converters.ts'
import { createErrorOperator, type Failure } from '../../../src/runtime/error-operator.ts'
import { noMetrics } from '../../../src/runtime/metrics.ts'
import { createSinkPipeline } from '../../../src/runtime/sink-pipeline.ts'
import { createSourcePipeline } from '../../../src/runtime/source-pipeline.ts'
import { buildTransformChain } from '../../../src/runtime/transform-chain.ts'
import { createClosers } from '../../../src/util/closers.ts'
import { manualClock, quietLog } from '../../support/quiet.ts'

const told: unknown[] = []
const picky = defineHeaderConverter({
  name: 'PickyHeaderConverter',
  aliases: ['org.acme.PickyHeaderConverter'],
  version: '1',
  doc: 'Refuses headers named bad, and tells its configuration.',
  config: defineConfig({ mood: { type: 'string', importance: 'low', default: 'calm', doc: 'Its mood.' } }),
  create({ config }) {
    told.push(config.mood)
    const check = (key: string) => {
      told.push(key)
      if (key === 'bad') throw new DataError('I do not like it')
    }
    return {
      toConnectHeader: (_, key, bytes) => (check(key), { value: bytes?.toString().toUpperCase() ?? null }),
      fromConnectHeader: (_, key, __, value) => (check(key), value === null ? null : Buffer.from(toJson(value))),
    }
  },
})
const asking = defineConverter({
  name: 'AskingConverter',
  version: '1',
  doc: 'Asks somebody first.',
  config: defineConfig({}),
  forHeaders: true,
  create: () => ({ toConnectData: async () => ({ value: null }), fromConnectData: async () => null }),
})
const plugins = createPlugins([converters, headerConverters, [picky, asking]])
const worker = { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter' }

function setUp(props: Props, workerProps: Props = worker) {
  told.length = 0
  const failures: Failure[] = []
  const errors = createErrorOperator<unknown>({
    settings: {
      'errors.retry.timeout': 0,
      'errors.retry.delay.max.ms': 1000,
      'errors.tolerance': 'all',
      'errors.log.enable': false,
      'errors.log.include.messages': false,
    },
    id: 'c-0',
    log: quietLog,
    clock: manualClock(),
    signal: new AbortController().signal,
    metrics: noMetrics.task({ connector: 'c', task: 0, type: 'sink', class: 'X', version: '1' }),
    describe: () => ({ where: '', details: '', logged: '', facts: {} }),
    report: async (_, failure) => void failures.push(failure),
  })
  const open = openConverters({ props, workerProps, plugins, log: quietLog }, createClosers(quietLog))
  const options = { ...open, chain: buildTransformChain({}, plugins), errors }
  return { sink: createSinkPipeline(options), source: createSourcePipeline(options), failures }
}

const raw = (headers: KafkaRecord['headers']): KafkaRecord => ({
  topic: 't',
  partition: 0,
  offset: 1n,
  timestamp: -1,
  key: null,
  value: Buffer.from('v'),
  headers,
})
const made = (headers: readonly Header[]): SourceRecord => ({
  topic: 't',
  key: 'k',
  value: 'v',
  headers,
  path: [],
  sourcePartition: {},
  sourceOffset: {},
})
const header = (key: string, value: string | null) => ({ key, value: value === null ? null : Buffer.from(value) })

async function sunk(props: Props, headers: KafkaRecord['headers'], workerProps?: Props) {
  const { sink, failures } = setUp(props, workerProps)
  const out: Parameters<typeof sink.process>[1] = []
  const hasConverted = await sink.process([raw(headers)], out)
  return { headers: out[0]?.headers, failures, hasConverted, record: out[0] }
}

test('where nobody names one, headers have the types that their text looks like', async () => {
  const { headers, record } = await sunk({}, [header('n', '300'), header('b', 'true'), header('none', null)])
  expect(headers?.map(({ key, value, schema }) => [key, value, schema?.type])).toEqual([
    ['n', 300, 'int16'],
    ['b', true, 'boolean'],
    ['none', null, undefined],
  ])
  expect(record?.timestamp).toBeUndefined()
})

test('the worker’s header converter counts with the worker’s options, and the connector’s with its own alone', async () => {
  const workerProps = { ...worker, 'header.converter': 'PickyHeader', 'header.converter.mood': 'grim' }
  expect((await sunk({}, [header('a', 'x')], workerProps)).headers).toEqual([{ key: 'a', value: 'X' }])
  expect(told[0]).toBe('grim')
  await sunk({ 'header.converter': 'org.acme.PickyHeaderConverter' }, [], workerProps)
  expect(told).toEqual(['calm'])
})

test('a converter may stand for headers when it is one for them, and must answer at once', async () => {
  const text = await sunk({ 'header.converter': 'StringConverter' }, [header('n', '300')])
  expect(text.headers?.[0]?.value).toBe('300')
  const { failures } = await sunk({ 'header.converter': 'AskingConverter' }, [header('n', '300')])
  expect(failures[0]?.stage).toBe('HEADER_CONVERTER')
  expect(() =>
    buildHeaderConverter({ props: { 'header.converter': 'AvroConverter' }, workerProps: {}, plugins, log: quietLog }),
  ).toThrow('Failed to find any class that implements HeaderConverter and which name matches AvroConverter')
  expect(() => buildConverter('key', { props: {}, workerProps: {}, plugins, log: quietLog })).toThrow('key.converter')
})

test('a header that cannot be converted fails its record at that stage, named by its class', async () => {
  const { failures, record, hasConverted } = await sunk({ 'header.converter': 'PickyHeader' }, [header('bad', 'x')])
  expect(failures).toMatchObject([{ stage: 'HEADER_CONVERTER', executing: 'org.acme.PickyHeaderConverter' }])
  expect(record).toBeUndefined()
  expect(hasConverted).toBe(false)
})

test('a record without headers costs the header converter nothing', async () => {
  const { sink } = setUp({ 'header.converter': 'PickyHeader' })
  const out: Parameters<typeof sink.process>[1] = []
  await sink.process([raw([]), raw([])], out)
  expect(told).toEqual(['calm'])
  expect(out[0]?.headers).toBe(out[1]?.headers)
})

test('a source’s headers are converted on their way out, null too', async () => {
  const { source } = setUp({})
  const outgoing = await source(
    made([
      { key: 'n', value: 300, schema: { type: 'int16' } },
      { key: 'none', value: null },
    ]),
  )
  expect(outgoing.messages[0]?.headers).toEqual([header('n', '300'), header('none', null)])
})

test('a source’s header that cannot be converted is told before key and value', async () => {
  const { source, failures } = setUp({ 'header.converter': 'PickyHeader', 'key.converter': 'ByteArrayConverter' })
  expect((await source(made([{ key: 'bad', value: 'x' }]))).messages).toEqual([])
  expect(failures).toMatchObject([{ stage: 'HEADER_CONVERTER' }])
})
