import type { Props } from '#api'
import { javaRegex } from '../util/java-regex.ts'
import { listOf } from './transform-chain.ts'

/** What Kafka Connect says of a sink's topics, its dead letter queue and its consumer group, by key. */
export function* topicComplaints(props: Props, workerProps: Props): Generator<readonly [string, string]> {
  const topics = [...new Set(listOf(props['topics']))]
  const hasTopics = (props['topics'] ?? '').trim() !== ''
  const regex = props['topics.regex'] ?? ''
  const hasRegex = regex.trim() !== ''
  if (hasTopics === hasRegex) {
    const error = hasTopics
      ? 'topics and topics.regex are mutually exclusive options, but both are set.'
      : 'Must configure one of topics or topics.regex'
    yield ['topics', error]
    yield ['topics.regex', error]
  }
  const dlq = (props['errors.deadletterqueue.topic.name'] ?? '').trim()
  if (dlq !== '' && hasTopics && topics.includes(dlq)) {
    yield [
      'topics',
      `The DLQ topic '${dlq}' may not be included in the list of topics ('topics=[${topics.join(', ')}]') consumed by the connector`,
    ]
  }
  if (dlq !== '' && hasRegex && isMatch(regex, dlq)) {
    yield [
      'topics.regex',
      `The DLQ topic '${dlq}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`,
    ]
  }
  const workers = workerProps['group.id']
  const group = props['consumer.override.group.id']
  const name = props['name'] ?? ''
  if (workers === undefined || workers !== (group ?? `connect-${name}`)) return
  const which = group === undefined ? `for sink connector named ${name}` : group
  const key = group === undefined ? 'name' : 'consumer.override.group.id'
  yield [key, `Consumer group ${which} conflicts with Connect worker group ${workers}`]
}

function isMatch(regex: string, text: string): boolean {
  try {
    return javaRegex(regex, { whole: true }).test(text)
  } catch {
    // The key's own validator says what is wrong with the expression.
    return false
  }
}
