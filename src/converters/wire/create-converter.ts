import {
  ConfigError,
  type ConfigOf,
  type Converter,
  type ConverterContext,
  defineConfig,
  type MaybePromise,
  type Schema,
} from '#api'
import { createRegistry, type RegisteredSchema, type RegistrySchema } from '../../registry/index.ts'
import { systemClock } from '../../util/clock.ts'
import { wireKeys } from './config.ts'
import type { DataFormat } from './format.ts'
import { withOrigin } from './origin.ts'
import { createFile, createPin } from './pinned.ts'
import { createReader } from './reader.ts'
import { createSubjects } from './subjects.ts'
import { warnOfKeysWithoutEffect } from './without-effect.ts'
import { createWriter } from './writer.ts'

const wireConfig = defineConfig(wireKeys)

export type WireConfig = ConfigOf<typeof wireConfig>

/** A converter of one format in Confluent's wire format. */
export function createWireConverter<S extends RegistrySchema>(
  { config, isKey, log, props = {}, signal }: ConverterContext<WireConfig>,
  format: DataFormat<S>,
): Converter {
  warnOfKeysWithoutEffect(props, config, log)
  const { type } = format.schemas
  const registry = createRegistry({ config, clock: systemClock, format: format.schemas, props, log, signal })
  const subjects = createSubjects(config[isKey ? 'key.subject.name.strategy' : 'value.subject.name.strategy'], isKey)
  const id = config['use.schema.id'] < 0 ? undefined : config['use.schema.id']
  const pin = createPin({
    registry,
    format,
    subjects,
    id,
    version: config['schema.version'] ?? undefined,
    file: config['schema.file'] ?? undefined,
  })
  const latest = (topic: string): MaybePromise<RegisteredSchema<S>> => registry.latest(subjects.of(topic, undefined))
  const read = createReader({ registry, format, readAs: readAs(), max: config['schemas.cache.config'] })
  const write = createWriter({
    registry,
    format,
    subjects,
    register: config['auto.register.schemas'],
    nullIsDefault: !config['ignore.default.for.nullables'],
    writeAs: pin ?? (config['use.latest.version'] ? latest : undefined),
    strict: pin ? id === undefined || config['id.compatibility.strict'] : config['latest.compatibility.strict'],
  })
  const pinned = new WeakMap<RegisteredSchema<S>, Schema>()

  function readAs() {
    const file = config['read.schema.file']
    if (file === null) {
      return createPin({ registry, format, subjects, version: config['read.schema.version'] ?? undefined })
    }
    const load = createFile(file, format.schemas)
    // Data read as a file's schema has no id of that schema, and needs none.
    return async (): Promise<RegisteredSchema<S>> => ({ id: -1, schema: await load() })
  }

  return {
    toConnectData: (topic, bytes) => (bytes === null ? { value: null } : read(topic, bytes)),
    // Null is a tombstone, whatever the schema.
    fromConnectData: (topic, schema, value) =>
      value === null || value === undefined ? null : write(topic, schema, value),
    async schemaFor(topic) {
      if (!pin && !subjects.byTopic) {
        throw new ConfigError(
          `The subject for the topic ${topic} is not known before there is a record: set schema.file, use.schema.id or TopicNameStrategy.`,
        )
      }
      const registered = await (pin ?? latest)(topic)
      let schema = pinned.get(registered)
      if (!schema) {
        const connect = format.toConnect(registered.schema)
        schema = withOrigin(connect, { ...registered, type, registry: registry.url, pinned: true })
        pinned.set(registered, schema)
      }
      return schema
    },
    close: () => registry.close(),
  }
}
