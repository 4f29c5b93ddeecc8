import { all, defineConfig, definePredicate } from '#api'
import { javaRegex } from '../../util/java-regex.ts'
import { notEmptyText } from '../options.ts'
import { isJavaRegex } from '../pattern.ts'
import { version } from '../version.ts'

/** Kafka Connect's predicate `TopicNameMatches` (KIP-585). */
export const topicNameMatches = definePredicate({
  name: 'TopicNameMatches',
  aliases: ['org.apache.kafka.connect.transforms.predicates.TopicNameMatches'],
  version,
  doc: 'True for records whose whole topic matches a regular expression.',
  config: defineConfig({
    pattern: {
      type: 'string',
      importance: 'medium',
      validator: all(notEmptyText, isJavaRegex),
      doc: 'What the whole topic has to match.',
    },
  }),
  create({ pattern }) {
    const regex = javaRegex(pattern, { whole: true })
    return (record) => regex.test(record.topic)
  },
})
