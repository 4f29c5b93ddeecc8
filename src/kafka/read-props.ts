import { ConfigError, type ConfigOf, messageOf } from '#api'
import { nearest } from '../util/nearest.ts'
import { type ClientRole, connectionProps, consumerProps, describeClientProps, producerProps } from './client-props.ts'
import { ignored } from './ignored-props.ts'
import type { ClientProps } from './ports.ts'
import { type Sasl, toSasl } from './sasl.ts'

export type ConnectionProps = ConfigOf<typeof connectionProps>

/** A property that is not obeyed, and why. */
export interface Warning {
  readonly name: string
  readonly text: string
}

/** What a client was told, understood. */
export interface ClientSettings {
  readonly connection: ConnectionProps
  readonly consumer: ConfigOf<typeof consumerProps>
  readonly producer: ConfigOf<typeof producerProps>
  /** Undefined unless `security.protocol` begins with SASL. */
  readonly sasl: Sasl | undefined
  /** `ssl.*`, to be read when a connection is made; undefined for connections without TLS. */
  readonly tls: ClientProps | undefined
  /** One for each property that is not obeyed. */
  readonly warnings: readonly Warning[]
}

/** Understands the properties of a client; throws one `ConfigError` with all that is wrong. Opens no file. */
export function readClientProps(role: ClientRole, props: ClientProps): ClientSettings {
  const errors: string[] = []
  const tried = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!ConfigError.is(error)) throw error
      errors.push(...messageOf(error).split('\n'))
      return undefined
    }
  }
  const connection = tried(() => connectionProps.parse(upperCased(props, 'security.protocol', 'sasl.mechanism')))
  const consumer = tried(() => consumerProps.parse(role === 'consumer' ? lowerCased(props, 'isolation.level') : {}))
  const producer = tried(() => producerProps.parse(role === 'producer' ? props : {}))
  const isSasl = connection?.['security.protocol'].startsWith('SASL') ?? false
  const sasl = connection && isSasl ? tried(() => toSasl(connection)) : undefined
  if (consumer && consumer['heartbeat.interval.ms'] >= consumer['session.timeout.ms'])
    errors.push('heartbeat.interval.ms must be less than session.timeout.ms; a third of it is usual.')
  if (role === 'producer') errors.push(...producerErrors(props, producer))
  if (errors.length > 0 || !connection || !consumer || !producer)
    throw new ConfigError(errors.join('\n'), { context: { errors } })
  const isTls = connection['security.protocol'].endsWith('SSL')
  return { connection, consumer, producer, sasl, tls: isTls ? props : undefined, warnings: warningsOf(role, props) }
}

function producerErrors(props: ClientProps, producer: ConfigOf<typeof producerProps> | undefined): readonly string[] {
  const errors: string[] = []
  if (props['transactional.id'])
    errors.push('transactional.id cannot be given: the worker writes without transactions; remove it.')
  if (producer?.['enable.idempotence'] && (producer.acks === '0' || producer.acks === '1'))
    errors.push(`enable.idempotence needs acks=all, and it is ${producer.acks}.`)
  if (producer?.['enable.idempotence'] && producer['max.in.flight.requests.per.connection'] > 1)
    errors.push('enable.idempotence needs max.in.flight.requests.per.connection=1 here.')
  return errors
}

const article = { admin: 'an admin client', consumer: 'a consumer', producer: 'a producer' } as const

const known = new Map(describeClientProps().map((each) => [each.name, each]))

function warningsOf(role: ClientRole, props: ClientProps): readonly Warning[] {
  return Object.entries(props).flatMap(([name, value]) => {
    const text = warningOf(role, name, value.trim())
    return text === undefined ? [] : { name, text }
  })
}

function warningOf(role: ClientRole, name: string, value: string): string | undefined {
  const reason = ignored[name]
  const roles = known.get(name)?.roles
  if (roles && !roles.includes(role)) return `${name} is not a property of ${article[role]}.`
  if (reason) {
    const isHarmless = reason.harmless?.some((each) => each === '*' || each === value)
    return isHarmless ? undefined : `${name} of ${article[role]} is not used: ${reason.why}.`
  }
  if (roles || name === 'transactional.id') return undefined
  const meant = nearest(name, known.keys())
  return `${name} is not a property of a Kafka client${meant ? `; ${meant} is` : ''}.`
}

const changed = (props: ClientProps, names: readonly string[], change: (value: string) => string): ClientProps => ({
  ...props,
  ...Object.fromEntries(names.flatMap((name) => (props[name] === undefined ? [] : [[name, change(props[name])]]))),
})

const upperCased = (props: ClientProps, ...names: readonly string[]): ClientProps =>
  changed(props, names, (value) => value.trim().toUpperCase())
const lowerCased = (props: ClientProps, ...names: readonly string[]): ClientProps =>
  changed(props, names, (value) => value.trim().toLowerCase())
