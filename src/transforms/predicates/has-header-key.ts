import { defineConfig, definePredicate } from '#api'
import { notEmptyText } from '../options.ts'
import { version } from '../version.ts'

/** Kafka Connect's predicate `HasHeaderKey` (KIP-585). */
export const hasHeaderKey = definePredicate({
  name: 'HasHeaderKey',
  aliases: ['org.apache.kafka.connect.transforms.predicates.HasHeaderKey'],
  version,
  doc: 'True for records with at least one header of a given name.',
  config: defineConfig({
    name: { type: 'string', importance: 'medium', validator: notEmptyText, doc: "The header's name." },
  }),
  create:
    ({ name }) =>
    (record) =>
      record.headers.some((header) => header.key === name),
})
