import { defineConfig } from '#api'
import { wireKeys } from '../wire/config.ts'

/** The converter's configuration; names and defaults are Confluent's where Confluent has them. */
export const avroConfig = defineConfig({
  ...wireKeys,
  'connect.meta.data': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: "Whether Connect's names, versions and parameters are kept in the Avro schemas that are made of its schemas.",
  },
})
