import { atLeast, defineConfig, nonEmpty, oneOfIgnoringCase } from '#api'
import { signatureAlgorithms } from '../util/signature-algorithms.ts'

/** Kafka Connect's properties of a worker that is one of a cluster, with their names, types, importances and defaults. */
export const distributedConfig = defineConfig({
  'group.id': {
    type: 'string',
    importance: 'high',
    validator: nonEmpty,
    doc: 'The name of the cluster, the same on all its workers. A file that has it is one of distributed mode; it may not be the group of a sink (`connect-<name>`).',
  },
  'session.timeout.ms': {
    type: 'int',
    importance: 'high',
    default: 10_000,
    validator: atLeast(1),
    doc: 'How long (ms) a worker may be silent before the others take it for gone.',
  },
  'rebalance.timeout.ms': {
    type: 'int',
    importance: 'high',
    default: 60_000,
    validator: atLeast(1),
    doc: 'How long (ms) a worker has to join again when a rebalance has begun.',
  },
  'heartbeat.interval.ms': {
    type: 'int',
    importance: 'high',
    default: 3000,
    validator: atLeast(1),
    doc: 'How often (ms) a worker tells that it lives; at most a third of `session.timeout.ms`.',
  },
  'exactly.once.source.support': {
    type: 'string',
    importance: 'high',
    default: 'disabled',
    validator: oneOfIgnoringCase('disabled', 'preparing', 'enabled'),
    doc: 'Whether sources write their records and offsets in transactions: `disabled`, `preparing` or `enabled`. A cluster that runs is brought to `preparing` worker by worker, then to `enabled`.',
  },
  'worker.sync.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 3000,
    validator: atLeast(0),
    doc: 'How long (ms) a worker that is behind may read the config topic before it leaves the cluster.',
  },
  'worker.unsync.backoff.ms': {
    type: 'int',
    importance: 'medium',
    default: 300_000,
    validator: atLeast(0),
    doc: 'How long (ms) it then stays away.',
  },
  'offset.storage.topic': topic('the offsets of sources'),
  'offset.storage.partitions': partitions(25, 'offset.storage.topic'),
  'offset.storage.replication.factor': replication('offset.storage.topic'),
  'config.storage.topic': topic('the configurations of connectors'),
  'config.storage.replication.factor': replication('config.storage.topic'),
  'status.storage.topic': topic('the states of connectors and tasks'),
  'status.storage.partitions': partitions(5, 'status.storage.topic'),
  'status.storage.replication.factor': replication('status.storage.topic'),
  'connect.protocol': {
    type: 'string',
    importance: 'low',
    default: 'sessioned',
    validator: protocol,
    doc: 'How workers speak to each other: `sessioned`. The older `compatible` and `eager` are accepted, and `sessioned` is spoken.',
  },
  'scheduled.rebalance.max.delay.ms': {
    type: 'int',
    importance: 'low',
    default: 300_000,
    validator: atLeast(0),
    doc: 'How long (ms) the work of a worker that is gone waits for its return before others get it.',
  },
  'inter.worker.key.ttl.ms': {
    type: 'int',
    importance: 'low',
    default: 3_600_000,
    validator: atLeast(0),
    doc: 'How old (ms) the key that workers sign their requests to each other with may become.',
  },
  'inter.worker.key.generation.algorithm': {
    type: 'string',
    importance: 'low',
    default: 'HmacSHA256',
    validator: algorithm,
    doc: 'What that key is for.',
  },
  'inter.worker.key.size': {
    type: 'int',
    importance: 'low',
    default: null,
    validator: atLeast(40),
    doc: 'Its size in bits; without it that of the algorithm.',
  },
  'inter.worker.signature.algorithm': {
    type: 'string',
    importance: 'low',
    default: 'HmacSHA256',
    validator: algorithm,
    doc: 'How requests between workers are signed.',
  },
  'inter.worker.verification.algorithms': {
    type: 'list',
    importance: 'low',
    default: ['HmacSHA256'],
    validator: algorithms,
    doc: 'Which signatures are taken; `inter.worker.signature.algorithm` is one of them.',
  },
})

function topic(of: string) {
  return {
    type: 'string',
    importance: 'high',
    validator: nonEmpty,
    doc: `The compacted topic that keeps ${of}. Made when it is missing; what else follows the same prefix, such as \`min.insync.replicas\`, is how it is configured then.`,
  } as const
}

function partitions(standard: number, of: string) {
  return {
    type: 'int',
    importance: 'low',
    default: standard,
    validator: (value: number) =>
      value === -1 || value >= 1
        ? undefined
        : "Number of partitions must be positive, or -1 to use the broker's default",
    doc: `How many partitions \`${of}\` is made with; -1: the broker’s default.`,
  } as const
}

function replication(of: string) {
  return {
    type: 'short',
    importance: 'low',
    default: 3,
    validator: (value: number) =>
      value === -1 || value >= 1
        ? undefined
        : "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
    doc: `How many replicas \`${of}\` is made with; -1: the broker’s default.`,
  } as const
}

function protocol(value: string): string | undefined {
  return ['eager', 'compatible', 'sessioned'].includes(value.toLowerCase())
    ? undefined
    : 'Invalid Connect protocol compatibility'
}

function algorithm(value: string): string | undefined {
  return Object.hasOwn(signatureAlgorithms, value) ? undefined : unsupported
}

function algorithms(values: readonly string[]): string | undefined {
  if (values.length === 0) return 'At least one signature verification algorithm must be provided'
  return values.every((value) => Object.hasOwn(signatureAlgorithms, value)) ? undefined : unsupported
}

const unsupported = `the algorithm is not supported by this worker; the supported algorithms are: ${Object.keys(signatureAlgorithms).join(', ')}`
