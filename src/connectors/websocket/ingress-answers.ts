import { ConnectError, DataError, type IngressAnswer, isRetriable, type RecordMetadata } from '#api'

/** Whether the reason that an error gives is a code of its own for clients; every other misfit is `invalid`. */
const codes = ['bad_json', 'unsafe_integer', 'unsafe_number', 'topic_not_allowed']

export const shuttingDown: IngressAnswer = {
  ok: false,
  code: 'shutting_down',
  message: 'The message was not acknowledged before the connector stopped; send it again.',
  retryable: true,
  retryAfter: 1000,
}

export const kafkaUnavailable: IngressAnswer = {
  ok: false,
  code: 'kafka_unavailable',
  message: 'Messages cannot be stored at present; send it again later.',
  retryable: true,
  retryAfter: 2000,
}

export const paused: IngressAnswer = {
  ok: false,
  code: 'unavailable',
  message: 'What takes these messages is paused; send it again later.',
  retryable: true,
  retryAfter: 2000,
}

export const busy: IngressAnswer = {
  ok: false,
  code: 'busy',
  message: 'Too many messages wait to be stored; send it again a little later.',
  retryable: true,
  retryAfter: 500,
}

const schemaUnavailable: IngressAnswer = {
  ok: false,
  code: 'schema_unavailable',
  message: 'The schema that the message has to fit cannot be had at present; send it again later.',
  retryable: true,
  retryAfter: 2000,
}

export const tooLarge = (maxBytes: number): IngressAnswer => ({
  ok: false,
  code: 'too_large',
  message: `The message is larger than ${maxBytes} bytes.`,
  retryable: false,
})

export const outOfOrder = (lowest: number): IngressAnswer => ({
  ok: false,
  code: 'out_of_order',
  message: `Message ${lowest} was refused and has to come first; send again from there.`,
  retryable: true,
})

/** For an id below the highest that is neither among the stored nor among the refused. */
export const unknownMessageId = (id: number): IngressAnswer => ({
  ok: false,
  code: 'unknown_message_id',
  message: `Message ${id} comes behind higher ones and is not known to be stored; ids have to grow.`,
  retryable: false,
})

export const producerTakenOver: IngressAnswer = {
  ok: false,
  code: 'producer_taken_over',
  message: 'The same producer connected elsewhere; this connection may publish no more.',
  retryable: false,
}

export const producerExpired = (id: number): IngressAnswer => ({
  ok: false,
  code: 'producer_expired',
  message: `Message ${id} comes after its producer was silent for too long to tell whether it is stored.`,
  retryable: false,
})

export const tooManyProducers: IngressAnswer = {
  ok: false,
  code: 'too_many_producers',
  message: 'No more producers can be remembered at present; send it again later.',
  retryable: true,
  retryAfter: 60_000,
}

export const topicNotAllowed = (): DataError =>
  new DataError('The message asks for a destination that is not allowed.', { context: { reason: 'topic_not_allowed' } })

/** Stored; or dropped by a transformation, and so dealt with as declared. */
export function okAnswer(metadata: RecordMetadata | undefined): IngressAnswer {
  if (metadata?.offset === undefined) return { ok: true }
  const { topic, partition, offset } = metadata
  return { ok: true, coordinates: { topic, partition, offset: String(offset) } }
}

/** For what was found wrong before the message was queued. */
export function refusedAnswer(error: unknown): IngressAnswer {
  if (isRetriable(error)) return schemaUnavailable
  if (!(ConnectError.is(error) && isData(error))) {
    return { ok: false, code: 'failed', message: 'The message could not be taken.', retryable: false }
  }
  const { reason } = error.context
  const code = typeof reason === 'string' && codes.includes(reason) ? reason : 'invalid'
  return { ok: false, code, message: error.message, retryable: false, ...fieldOf(error) }
}

/** For what went wrong behind the queue. Those errors may name topics, of which a client hears nothing. */
export function failedAnswer(error: unknown): IngressAnswer {
  if (isRetriable(error)) return kafkaUnavailable
  if (!(ConnectError.is(error) && isData(error))) {
    return { ok: false, code: 'failed', message: 'The message could not be stored.', retryable: false }
  }
  const field = fieldOf(error)
  const message = `${field.field === undefined ? 'The message' : `"${field.field}"`} does not fit its schema.`
  return { ok: false, code: 'invalid', message, retryable: false, ...field }
}

const isData = (error: ConnectError): boolean => error.code === 'DATA' || error.code === 'SCHEMA_MISMATCH'

function fieldOf(error: ConnectError): { field?: string } {
  const { field } = error.context
  return typeof field === 'string' && field !== '' ? { field } : {}
}
