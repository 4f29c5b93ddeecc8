import { defineConfig, defineTransformation } from '#api'
import { version } from './version.ts'

/** Kafka Connect's `Filter` (KIP-585). */
export const filter = defineTransformation({
  name: 'Filter',
  aliases: ['org.apache.kafka.connect.transforms.Filter'],
  version,
  doc: 'Drops every record that it is given; a predicate tells which those are.',
  config: defineConfig({}),
  create: () => () => null,
})
