/** Kafka Connect's worker properties of distributed mode, by which a file of such a worker is told. */
export const distributedKeys: ReadonlySet<string> = new Set([
  'config.storage.replication.factor',
  'config.storage.topic',
  'connect.protocol',
  'exactly.once.source.support',
  'group.id',
  'heartbeat.interval.ms',
  'inter.worker.key.generation.algorithm',
  'inter.worker.key.size',
  'inter.worker.key.ttl.ms',
  'inter.worker.signature.algorithm',
  'inter.worker.verification.algorithms',
  'offset.storage.partitions',
  'offset.storage.replication.factor',
  'offset.storage.topic',
  'rebalance.timeout.ms',
  'scheduled.rebalance.max.delay.ms',
  'session.timeout.ms',
  'status.storage.partitions',
  'status.storage.replication.factor',
  'status.storage.topic',
  'worker.sync.timeout.ms',
  'worker.unsync.backoff.ms',
])

/** Those that are accepted, so that a file of the Java worker can be used, but do nothing here. */
export const withoutEffect: ReadonlySet<string> = new Set([
  ...distributedKeys,
  'auto.include.jmx.reporter',
  'internal.key.converter',
  'internal.value.converter',
  'metric.reporters',
  'metrics.recording.level',
  'plugin.discovery',
  'rest.host.name',
])

/** The like, by prefix: topic settings of the internal topics, metrics labels. */
export const prefixesWithoutEffect: readonly string[] = [
  'config.storage.',
  'internal.key.converter.',
  'internal.value.converter.',
  'metrics.context.',
  'offset.storage.',
  'status.storage.',
]
