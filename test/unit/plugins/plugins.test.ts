import { expect, expectTypeOf, test } from 'vitest'
import {
  ConfigError,
  type ConverterPlugin,
  defineConfig,
  defineConverter,
  defineHeaderConverter,
  definePredicate,
  defineSink,
  defineSource,
  defineTransformation,
} from '#api'
import { createPlugins } from '../../../src/plugins/index.ts'

const common = { version: '1.0.0', doc: 'A plugin.', config: defineConfig({}) }
const source = defineSource({
  ...common,
  name: 'FileStreamSource',
  aliases: ['org.apache.kafka.connect.file.FileStreamSourceConnector'],
  startTask: () => ({ poll: async () => [] }),
})
const sink = defineSink({ ...common, name: 'FileStreamSink', startTask: () => ({ put() {} }) })
const converter = defineConverter({
  ...common,
  name: 'JsonConverter',
  aliases: ['org.apache.kafka.connect.json.JsonConverter'],
  create: () => ({ toConnectData: () => ({ value: null }), fromConnectData: () => null }),
})
const sided = defineTransformation({
  ...common,
  name: 'ExtractField',
  aliases: ['org.apache.kafka.connect.transforms.ExtractField'],
  sided: true,
  create: () => () => null,
})
const filter = defineTransformation({ ...common, name: 'Filter', create: () => () => null })
const predicate = definePredicate({ ...common, name: 'HasHeaderKey', create: () => () => true })

const plugins = createPlugins([[source, sink], [converter], [sided, filter], [predicate]])

test.each(['FileStreamSource', 'org.apache.kafka.connect.file.FileStreamSourceConnector', 'FileStreamSourceConnector'])(
  '%s names the connector',
  (name) => {
    expect(plugins.find('connector', name)).toEqual({ plugin: source, preset: {} })
    expect(plugins.find('source', name).plugin).toBe(source)
  },
)

test.each(['JsonConverter', 'Json', 'org.apache.kafka.connect.json.JsonConverter'])(
  '%s names the converter',
  (name) => {
    const found = plugins.find('converter', name)
    expectTypeOf(found.plugin).toEqualTypeOf<ConverterPlugin>()
    expect(found.plugin).toBe(converter)
  },
)

test.each([
  ['ExtractField', {}],
  ['ExtractField$Key', { on: 'key' }],
  ['org.apache.kafka.connect.transforms.ExtractField$Value', { on: 'value' }],
])('%s presets %j', (name, preset) => {
  expect(plugins.find('transformation', name)).toEqual({ plugin: sided, preset })
  expect(plugins.any(name)?.plugin).toBe(sided)
})

test.each(['filestreamsource', 'Filter$Key', 'ExtractField$Both', 'HasHeaderKey', '', 'constructor'])(
  '%j names no connector and no transformation',
  (name) => {
    expect(() => plugins.find('connector', name)).toThrow(ConfigError)
    expect(() => plugins.find('transformation', name)).toThrow(ConfigError)
  },
)

test('a name is no plugin unless it is one', () => {
  expect(plugins.any('Filter$Key')).toBeUndefined()
  expect(plugins.any('HasHeaderKey')?.plugin).toBe(predicate)
})

test('what is not found is told in Kafka Connect\u2019s words, with the nearest name', () => {
  expect(() => plugins.find('connector', 'org.acme.FileStreamSorce')).toThrow(
    'Failed to find any class that implements Connector and which name matches org.acme.FileStreamSorce, ' +
      'available connectors are: FileStreamSink, FileStreamSource. Did you mean FileStreamSource?',
  )
  expect(() => plugins.find('connector', 'filestreamSINK')).toThrow('Did you mean FileStreamSink?')
  expect(() => plugins.find('transformation', 'Zebra')).toThrow(/^[^?]*available plugins are: ExtractField, Filter$/)
})

test('lists sinks, then sources, then the rest; what Kafka Connect ships by its names there', () => {
  expect(plugins.list(true)).toEqual([
    { class: 'FileStreamSink', type: 'sink', version: '1.0.0' },
    { class: 'org.apache.kafka.connect.file.FileStreamSourceConnector', type: 'source', version: '1.0.0' },
  ])
  expect(plugins.list(false).map((item) => item.class)).toEqual([
    'FileStreamSink',
    'org.apache.kafka.connect.file.FileStreamSourceConnector',
    'Filter',
    'org.apache.kafka.connect.transforms.ExtractField$Key',
    'org.apache.kafka.connect.transforms.ExtractField$Value',
    'HasHeaderKey',
    'org.apache.kafka.connect.json.JsonConverter',
  ])
})

test('a third-party connector answers to its module too', () => {
  const ours = createPlugins([{ module: '@acme/files', plugins: [source, filter] }])
  expect(ours.find('connector', '@acme/files').plugin).toBe(source)
  expect(ours.find('transformation', '@acme/files').plugin).toBe(filter)
})

test('two plugins of one name are refused, one given twice is not', () => {
  expect(() => createPlugins([[source], [{ ...source }]])).toThrow(ConfigError)
  expect(createPlugins([[source], [source]]).list(true)).toHaveLength(1)
})

test('a short form that two plugins share names neither', () => {
  const a = { ...sink, name: 'A', aliases: ['org.a.Thing'] }
  const b = { ...sink, name: 'B', aliases: ['org.b.Thing'] }
  const both = createPlugins([[a, b]])
  expect(both.find('sink', 'org.b.Thing').plugin).toBe(b)
  expect(() => both.find('sink', 'Thing')).toThrow(ConfigError)
})

test('a header converter is found by its names, and a converter for headers under both kinds', () => {
  const create = () => ({ toConnectHeader: () => ({ value: null }), fromConnectHeader: () => null })
  const simple = defineHeaderConverter({
    ...common,
    name: 'SimpleHeaderConverter',
    aliases: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
    create,
  })
  const text = { ...converter, name: 'StringConverter', aliases: ['org.acme.StringConverter'], forHeaders: true }
  const both = createPlugins([[simple, converter, text]])
  expect(both.find('header_converter', 'org.apache.kafka.connect.storage.SimpleHeaderConverter').plugin).toBe(simple)
  expect(both.find('header_converter', 'SimpleHeader').plugin).toBe(simple)
  expect(both.find('header_converter', 'String').plugin).toBe(text)
  expect(() => both.find('header_converter', 'Json')).toThrow(
    'Failed to find any class that implements HeaderConverter and which name matches Json, ' +
      'available plugins are: SimpleHeaderConverter, StringConverter',
  )
  expect(() => both.find('converter', 'SimpleHeaderConverter')).toThrow(ConfigError)
  expect(both.any('SimpleHeaderConverter')?.plugin).toBe(simple)
  expect(both.list(false).map(({ class: name, type }) => `${type} ${name}`)).toEqual([
    'converter StringConverter',
    'converter org.apache.kafka.connect.json.JsonConverter',
    'header_converter StringConverter',
    'header_converter org.apache.kafka.connect.storage.SimpleHeaderConverter',
  ])
})
