import { distinct, messageOf } from '#api'
import { javaRegex } from '../util/java-regex.ts'

const errors = 'Error Handling'

/** What the framework adds to the keys of sinks. */
export const sinkKeys = {
  topics: {
    type: 'list',
    importance: 'high',
    group: 'Common',
    order: 4,
    width: 'long',
    displayName: 'Topics',
    default: [],
    validator: distinct(),
    doc: 'The topics to read. Either this or `topics.regex`.',
  },
  'topics.regex': {
    type: 'string',
    importance: 'high',
    group: 'Common',
    order: 4,
    width: 'long',
    displayName: 'Topics regex',
    default: '',
    validator: topicsRegex,
    doc: 'A regular expression that whole topic names match; topics that appear later are read too.',
  },
  'errors.deadletterqueue.topic.name': {
    type: 'string',
    importance: 'medium',
    group: errors,
    order: 6,
    width: 'medium',
    displayName: 'Dead Letter Queue Topic Name',
    default: '',
    doc: 'Where records go, byte for byte, that could not be converted, transformed or delivered. Empty: nowhere.',
  },
  'errors.deadletterqueue.topic.replication.factor': {
    type: 'short',
    importance: 'medium',
    group: errors,
    order: 7,
    width: 'medium',
    displayName: 'Dead Letter Queue Topic Replication Factor',
    default: 3,
    doc: 'The replication factor of that topic, if it has to be created.',
  },
  'errors.deadletterqueue.context.headers.enable': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    order: 8,
    width: 'medium',
    displayName: 'Enable Error Context Headers',
    default: false,
    doc: 'Whether those records carry `__connect.errors.*` headers that tell what went wrong.',
  },
} as const

function topicsRegex(value: string): string | undefined {
  try {
    javaRegex(value)
    return undefined
  } catch (error) {
    return `Invalid regex: ${messageOf(error)}`
  }
}
