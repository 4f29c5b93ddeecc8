import type { Props } from '#api'
import type { ClientProps } from '../kafka/index.ts'
import { withPrefix } from './connector-config.ts'

export type ClientKind = 'consumer' | 'producer' | 'admin'

/** What Kafka Connect gives its clients before anybody's words. */
const framework: Readonly<Record<ClientKind, ClientProps>> = {
  consumer: { 'auto.offset.reset': 'earliest', 'enable.auto.commit': 'false' },
  producer: {
    acks: 'all',
    'delivery.timeout.ms': '2147483647',
    'enable.idempotence': 'false',
    'max.block.ms': '9223372036854775807',
    'max.in.flight.requests.per.connection': '1',
  },
  admin: {},
}

/** Of the worker's properties without a prefix, those that are about a client: the admin client has them, as in Kafka Connect. */
const adminKeys =
  /^(?:client\.dns\.lookup|connections\.max\.idle\.ms|default\.api\.timeout\.ms|metadata\.|receive\.buffer\.bytes|reconnect\.|request\.timeout\.ms|retries|retry\.|sasl\.|security\.|send\.buffer\.bytes|socket\.|ssl\.(?!client\.auth))/

/**
 * The properties of a connector's client: the framework's defaults, then the worker's (`consumer.…`), then the connector's
 * (`consumer.override.…`). `override-policy.ts` says whether those are allowed.
 */
export function clientProps(kind: ClientKind, props: Props, workerProps: Props): ClientProps {
  const servers = workerProps['bootstrap.servers']
  return present({
    ...(servers && { 'bootstrap.servers': servers }),
    ...framework[kind],
    ...(kind === 'admin' && adminProps(workerProps)),
    ...withPrefix(workerProps, `${kind}.`),
    ...withPrefix(props, `${kind}.override.`),
  })
}

/** The consumer group of a sink: `connect-<name>` unless the worker or the connector names another. */
export const sinkGroupId = (connector: string, props: Props, workerProps: Props): string =>
  clientProps('consumer', props, workerProps)['group.id'] ?? `connect-${connector}`

/** The most records of one poll: `max.poll.records`, Kafka's 500 when it is absent or no number of 1 or more. */
export function maxPollRecords(consumer: ClientProps): number {
  const given = Number(consumer['max.poll.records'])
  return Number.isInteger(given) && given >= 1 ? given : 500
}

const adminProps = (workerProps: Props): Props =>
  Object.fromEntries(Object.entries(workerProps).filter(([key]) => adminKeys.test(key)))

const present = (props: Props): ClientProps =>
  Object.fromEntries(Object.entries(props).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])))
