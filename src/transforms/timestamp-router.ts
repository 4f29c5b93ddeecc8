import { ConfigError, DataError, defineConfig, defineTransformation, messageOf } from '#api'
import { createDateFormat, type DateFormat } from './date-format/index.ts'
import { version } from './version.ts'

/** Kafka Connect's `TimestampRouter`. */
export const timestampRouter = defineTransformation({
  name: 'TimestampRouter',
  aliases: ['org.apache.kafka.connect.transforms.TimestampRouter'],
  version,
  doc: "Makes a record's topic of its old topic and its timestamp, in UTC. A record without a timestamp is an error.",
  config: defineConfig({
    'topic.format': {
      type: 'string',
      importance: 'high',
      default: '${topic}-${timestamp}',
      doc: 'The new topic, in which `${topic}` and `${timestamp}` stand for the old one and the formatted timestamp.',
    },
    'timestamp.format': {
      type: 'string',
      importance: 'high',
      default: 'yyyyMMdd',
      doc: "How the timestamp is written: a pattern of Java's `SimpleDateFormat`.",
    },
  }),
  create(options) {
    const format = dateFormat(options['timestamp.format'])
    const topicFormat = options['topic.format']
    return (record) => {
      if (record.timestamp === undefined) {
        throw new DataError(`Timestamp missing on record of the topic ${record.topic}.`)
      }
      const timestamp = format.format(record.timestamp)
      // One after the other, as in Java: the topic may itself contain the second placeholder.
      const topic = topicFormat.replaceAll('${topic}', () => record.topic).replaceAll('${timestamp}', () => timestamp)
      return { ...record, topic }
    }
  },
})

function dateFormat(pattern: string): DateFormat {
  try {
    return createDateFormat(pattern)
  } catch (error) {
    throw new ConfigError(`Invalid value ${pattern} for configuration timestamp.format: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
