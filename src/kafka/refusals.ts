import { ConfigError, ConnectError, messageOf } from '#api'
import type { Sasl } from './sasl.ts'

/** Brokers, or TLS between them and us, refuse who we are or what we do; trying again does not help. */
export class RefusedError extends ConnectError {
  static override readonly code: string = 'KAFKA_REFUSED'
}

/** A record batch that cannot be read as what it says it is. */
export class DamagedBatchError extends ConnectError {
  static override readonly code: string = 'KAFKA_DAMAGED_BATCH'
}

/** Another producer of the same transactional id has begun since: whoever meets this is a zombie and must stop (KIP-98). */
export class FencedError extends ConnectError {
  static override readonly code: string = 'KAFKA_FENCED'
}

/** Nobody can say whether a transaction was committed: what it held must not be sent again blindly. */
export class UnknownOutcomeError extends ConnectError {
  static override readonly code: string = 'KAFKA_OUTCOME_UNKNOWN'
}

interface Who {
  readonly servers: readonly string[]
  readonly sasl: Sasl | undefined
}

/** Says in words what SASL or TLS refused; undefined for any other error. Holds no secret. */
export function explainRefusal(error: unknown, { servers, sasl }: Who): RefusedError | undefined {
  for (const each of causesOf(error)) {
    if (each instanceof RefusedError) return each
    if (isAuthenticationRefusal(each)) {
      const who = sasl ? `user ${sasl.user} (SASL mechanism ${sasl.mechanism})` : 'this client'
      const what = `Kafka at ${servers.join(',')} refused ${who}: ${messageOf(each)}`
      return new RefusedError(`${what}. Check sasl.mechanism and sasl.jaas.config.`, { cause: error })
    }
    const code = tlsCodeOf(each)
    if (code === undefined) continue
    const broker = 'broker' in each && typeof each.broker === 'string' ? each.broker : servers.join(',')
    const what = messageOf(each).replace(/^Connection error: /, '')
    return new RefusedError(`The TLS connection to Kafka at ${broker} failed: ${what} (${code}). ${adviceFor(code)}`, {
      cause: error,
    })
  }
  return undefined
}

/** What no further try can mend: refused rights or certificates, a wrong configuration, batches that cannot be read. */
export const isFinal = (error: unknown): boolean =>
  causesOf(error).some(
    (each) =>
      (ConfigError.is(each) && each.code === ConfigError.code) ||
      each instanceof RefusedError ||
      each instanceof DamagedBatchError ||
      each.name === 'KafkaJSNotImplemented' ||
      isAuthenticationRefusal(each) ||
      tlsCodeOf(each) !== undefined ||
      ('type' in each && finalTypes.has(String(each.type))),
  )

const finalTypes = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'INVALID_TRANSACTION_TIMEOUT',
])

/** The number that the protocol gives an error, wherever it is among the causes. */
export function protocolCodeOf(error: unknown): number | undefined {
  for (const each of causesOf(error)) if ('code' in each && typeof each.code === 'number') return each.code
  return undefined
}

/** kafkajs calls it a failed authentication too when the connection broke meanwhile; that passes. */
const isAuthenticationRefusal = (error: Error): boolean =>
  error.name === 'KafkaJSSASLAuthenticationError' &&
  !/(closed connection|connection (closed|error|timeout)|not connected|timed out|disconnected)/i.test(error.message)

function tlsCodeOf(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === undefined) return undefined
  const isTls = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/.test(code)
  return isTls || (code === 'EPROTO' && error.message.includes('SSL')) ? code : undefined
}

const advice: readonly (readonly [RegExp, string])[] = [
  [/ALTNAME/, 'The name in bootstrap.servers or the advertised listener has to be in the broker’s certificate.'],
  [/EXPIRED|NOT_YET_VALID/, 'The broker’s certificate has to be renewed, or the clock of this machine is wrong.'],
  [
    /^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_)/,
    'Name the authority that signed the broker’s certificate in ssl.truststore.location.',
  ],
  [/ALERT/, 'The broker refused our certificate, or wants one: check ssl.keystore.location.'],
  [/WRONG_VERSION_NUMBER|EPROTO/, 'The port may not speak TLS: check security.protocol and the port.'],
]

const adviceFor = (code: string): string =>
  advice.find(([pattern]) => pattern.test(code))?.[1] ?? 'Check the ssl.* properties against those of the brokers.'

/** An error and its causes. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let each = error; each instanceof Error && causes.length < 20; each = each.cause) causes.push(each)
  return causes
}
