import { atLeast, nonEmpty, oneOfIgnoringCase } from '#api'
import { distinctAliases } from './aliases.ts'

const exactlyOnce = 'Exactly Once Support'

/** What the framework adds to the keys of sources. */
export const sourceKeys = {
  'topic.creation.groups': {
    type: 'list',
    importance: 'low',
    group: 'Topic Creation',
    order: 1,
    width: 'long',
    displayName: 'Topic Creation Groups',
    default: [],
    validator: distinctAliases,
    doc: 'Aliases of groups of rules for topics that do not exist yet; their rules follow under `topic.creation.<group>.`, those for all other topics under `topic.creation.default.`.',
  },
  'exactly.once.support': {
    type: 'string',
    importance: 'medium',
    group: exactlyOnce,
    order: 2,
    width: 'short',
    displayName: 'Exactly once support',
    default: 'requested',
    validator: oneOfIgnoringCase('required', 'requested'),
    doc: 'Whether the connector has to be able to deliver exactly once: `requested`, or `required`, which is an error where it is not known to be. It does where the workers have `exactly.once.source.support=enabled`; a standalone worker, as in Kafka Connect, delivers at least once.',
  },
  'transaction.boundary': {
    type: 'string',
    importance: 'medium',
    group: exactlyOnce,
    order: 3,
    width: 'short',
    displayName: 'Transaction Boundary',
    default: 'poll',
    validator: oneOfIgnoringCase('interval', 'poll', 'connector'),
    doc: 'Where a transaction ends when a source delivers exactly once: after each `poll`, when an `interval` is over, or where the `connector` says.',
  },
  'transaction.boundary.interval.ms': {
    type: 'long',
    importance: 'low',
    group: exactlyOnce,
    order: 4,
    width: 'short',
    displayName: 'Transaction boundary interval',
    default: null,
    validator: atLeast(0),
    doc: 'How long (ms) a transaction lasts with the boundary `interval`; the worker’s `offset.flush.interval.ms` when absent.',
  },
  'offsets.storage.topic': {
    type: 'string',
    importance: 'low',
    group: 'offsets.topic',
    order: 1,
    width: 'long',
    displayName: 'Offsets topic',
    default: null,
    validator: nonEmpty,
    doc: 'A topic for this connector’s offsets, which go to the workers’ topic after it; made when it is missing. A standalone worker keeps offsets in its file.',
  },
} as const
