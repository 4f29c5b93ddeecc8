import { defineConfig, defineHeaderConverter, type HeaderConverter } from '#api'
import { formatConnectValue, parseConnectValue } from '../util/connect-values.ts'
import { version } from './version.ts'

/** Headers as text, whose type and schema are inferred when they are read: the worker's default. */
export const simpleHeaderConverter = defineHeaderConverter({
  name: 'SimpleHeaderConverter',
  aliases: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
  version,
  doc: 'Headers as text. When they are read, numbers, booleans, null, ISO dates and times, and arrays and maps of those get their type; what is none of them is a string.',
  config: defineConfig({}),
  create: (): HeaderConverter => ({
    toConnectHeader: (_topic, _key, bytes) =>
      bytes === null ? { value: null } : parseConnectValue(bytes.toString('utf8')),
    fromConnectHeader: (_topic, _key, schema, value) =>
      value === null || value === undefined ? null : Buffer.from(formatConnectValue(schema, value)),
  }),
})
