import { defineConfig, defineTransformation } from '#api'
import { parseConnectValue } from '../util/connect-values.ts'
import { alsoOfNull } from './options.ts'
import { version } from './version.ts'

/** Kafka Connect's `InsertHeader` (KIP-145). */
export const insertHeader = defineTransformation({
  name: 'InsertHeader',
  aliases: ['org.apache.kafka.connect.transforms.InsertHeader'],
  version,
  doc: 'Adds a header with a fixed value to every record. Headers of the same name that are there already stay.',
  config: defineConfig({
    header: {
      type: 'string',
      importance: 'high',
      validator: alsoOfNull('entry must be non null'),
      doc: 'The name of the header.',
    },
    'value.literal': {
      type: 'string',
      importance: 'high',
      validator: alsoOfNull('entry must be non null'),
      doc: 'Its value; the type is inferred from the text, so `true` is a boolean, `5` an int8 and `[1,2]` an array.',
    },
  }),
  create({ header: key, 'value.literal': literal }) {
    const header = { key, ...parseConnectValue(literal) }
    return (record) => ({ ...record, headers: [...record.headers, header] })
  },
})
