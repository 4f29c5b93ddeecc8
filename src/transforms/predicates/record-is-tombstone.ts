import { defineConfig, definePredicate } from '#api'
import { version } from '../version.ts'

/** Kafka Connect's predicate `RecordIsTombstone` (KIP-585). */
export const recordIsTombstone = definePredicate({
  name: 'RecordIsTombstone',
  aliases: ['org.apache.kafka.connect.transforms.predicates.RecordIsTombstone'],
  version,
  doc: 'True for tombstones: records whose value is null.',
  config: defineConfig({}),
  create: () => (record) => record.value === null || record.value === undefined,
})
