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
  'discard.type.doc.default': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether docs are written as those of Avro’s fields and records too, and not as `connect.doc` alone.',
  },
  'allow.optional.map.keys': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether a map whose keys are optional strings is a map in Avro, and not a list of entries.',
  },
})
