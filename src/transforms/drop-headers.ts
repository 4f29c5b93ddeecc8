import { defineConfig, defineTransformation } from '#api'
import { itemsNamed } from './options.ts'
import { version } from './version.ts'

/** Kafka Connect's `DropHeaders` (KIP-145). */
export const dropHeaders = defineTransformation({
  name: 'DropHeaders',
  aliases: ['org.apache.kafka.connect.transforms.DropHeaders'],
  version,
  doc: 'Removes all headers of the names given.',
  config: defineConfig({
    headers: {
      type: 'list',
      importance: 'high',
      validator: itemsNamed('headers', { empty: false }),
      doc: 'The names of the headers to remove.',
    },
  }),
  create({ headers }) {
    const dropped = new Set(headers)
    return (record) => ({ ...record, headers: record.headers.filter(({ key }) => !dropped.has(key)) })
  },
})
