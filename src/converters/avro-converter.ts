import type { Converter, ConverterContext, MaybePromise, Schema } from '#api'
import { ConfigError, type ConfigOf, defineConverter } from '#api'
import { createRegistry, type RegisteredSchema } from '../registry/index.ts'
import { systemClock } from '../util/clock.ts'
import { avroConfig } from './avro/config.ts'
import { withOrigin } from './avro/origin.ts'
import { createFile, createPin } from './avro/pinned.ts'
import { createReader } from './avro/reader.ts'
import { createSubjects } from './avro/subjects.ts'
import { toConnect } from './avro/to-connect.ts'
import { createWriter } from './avro/writer.ts'
import { version } from './version.ts'

/** Avro in Confluent's wire format, with the schemas in a schema registry. */
export const avroConverter = defineConverter({
  name: 'AvroConverter',
  aliases: ['io.confluent.connect.avro.AvroConverter'],
  version,
  doc: `Avro in Confluent's wire format, with the schemas in a schema registry. Every Avro type is read and written:
a long is a number, beyond 2^53 a bigint; \`decimal\` is a string of digits; dates and times are their numbers; an enum is a
string, a fixed is bytes. A union of null and one other type is that type, optional; a value of any other union is
\`{"branch": value}\`, as in Avro's own JSON, where the branch of a named type is its full name.`,
  config: avroConfig,
  create: createAvroConverter,
})

function createAvroConverter({ config, isKey }: ConverterContext<ConfigOf<typeof avroConfig>>): Converter {
  const registry = createRegistry({ config, clock: systemClock })
  const subjects = createSubjects(config[isKey ? 'key.subject.name.strategy' : 'value.subject.name.strategy'], isKey)
  const id = config['use.schema.id']
  const pin = createPin({
    registry,
    subjects,
    id: id < 0 ? undefined : id,
    version: config['schema.version'] ?? undefined,
    file: config['schema.file'] ?? undefined,
  })
  const latest = (topic: string): MaybePromise<RegisteredSchema> => registry.latest(subjects.of(topic, undefined))
  const read = createReader({ registry, readAs: readAs(), max: config['schemas.cache.config'] })
  const write = createWriter({
    registry,
    subjects,
    register: config['auto.register.schemas'],
    writeAs: pin ?? (config['use.latest.version'] ? latest : undefined),
    metaData: config['connect.meta.data'],
  })
  const pinned = new WeakMap<RegisteredSchema, Schema>()

  function readAs() {
    const file = config['read.schema.file']
    if (file === null) return createPin({ registry, subjects, version: config['read.schema.version'] ?? undefined })
    const load = createFile(file)
    // Data read as a file's schema has no id of that schema, and needs none.
    return async (): Promise<RegisteredSchema> => ({ id: -1, avro: await load() })
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
        schema = withOrigin(toConnect(registered.avro), { ...registered, registry: registry.url, pinned: true })
        pinned.set(registered, schema)
      }
      return schema
    },
    close: () => registry.close(),
  }
}
