/** Kafka Connect's worker properties that are accepted, so that a file of the Java worker can be used, but do nothing here. */
export const withoutEffect: ReadonlySet<string> = new Set([
  'auto.include.jmx.reporter',
  'internal.key.converter',
  'internal.value.converter',
  'metric.reporters',
  'metrics.recording.level',
  'plugin.discovery',
  'rest.host.name',
])

/** The like, by prefix: metrics labels and the converters of old. */
export const prefixesWithoutEffect: readonly string[] = [
  'internal.key.converter.',
  'internal.value.converter.',
  'metrics.context.',
]
