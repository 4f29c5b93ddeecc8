/** Why a message was not taken: the codes that WebSocketServerSource answers a publish with. Clients and docs rely on them. */
export const ingressCodes: Readonly<Record<string, { readonly retryable: boolean; readonly meaning: string }>> = {
  bad_json: { retryable: false, meaning: 'The data is no JSON, or nested too deeply.' },
  invalid: { retryable: false, meaning: 'The data does not fit the schema; `field` is the path of what does not.' },
  unsafe_integer: { retryable: false, meaning: 'An integer beyond 2^53 came as a number; send it as a string.' },
  unsafe_number: { retryable: false, meaning: 'A number has more digits than survive; send it as a string.' },
  topic_not_allowed: { retryable: false, meaning: 'The message asks for a destination that is not allowed.' },
  too_large: { retryable: false, meaning: 'The message is larger than may wait for Kafka.' },
  failed: {
    retryable: false,
    meaning: 'The message cannot be stored: a transformation, a converter or Kafka refuses it for good.',
  },
  unknown_message_id: {
    retryable: false,
    meaning: 'The `messageId` comes behind higher ones and is not known to be stored.',
  },
  producer_taken_over: {
    retryable: false,
    meaning: 'The same producer connected elsewhere, there or here; the connection is closed with 4504.',
  },
  producer_expired: {
    retryable: false,
    meaning: 'The producer was silent for `ingress.producer.retention.ms`: what it sent before is not taken again.',
  },
  too_many_producers: { retryable: true, meaning: 'The lane remembers as many producers as it may.' },
  out_of_order: { retryable: true, meaning: 'A lower `messageId` of this producer was refused and has to come first.' },
  busy: { retryable: true, meaning: 'Too many messages wait for Kafka.' },
  kafka_unavailable: {
    retryable: true,
    meaning: "Kafka does not acknowledge at present; with exactly once also: the message's lane cannot be reached.",
  },
  schema_unavailable: { retryable: true, meaning: 'The schema cannot be had at present.' },
  unavailable: { retryable: true, meaning: 'The connector is paused.' },
  shutting_down: { retryable: true, meaning: 'The connector stopped before Kafka acknowledged.' },
}
