import { type ConfigKeys, defineConfig, type Props } from '#api'
import { clientKeys, securityKeys } from '../util/client-keys/index.ts'

const foreign = ['bootstrap.servers', 'client.id', 'config.providers', 'security.protocol', 'interceptor.classes']
const isOurs = (name: string): boolean => !foreign.includes(name) && !/^metrics?\./.test(name)

/** Properties of Kafka clients without a prefix: those of the worker itself, which asks Kafka as the admin client does. */
export const workerClientConfig = defineConfig(
  Object.fromEntries(Object.entries(clientKeys.admin).filter(([name]) => isOurs(name))),
)

/** What stands before the properties of connectors' clients and of the listeners' TLS. */
const prefixed: Readonly<Record<string, ConfigKeys>> = {
  'producer.': clientKeys.producer,
  'consumer.': clientKeys.consumer,
  'admin.listeners.https.': { ...securityKeys, 'ssl.client.auth': { type: 'string', importance: 'low', doc: '' } },
  'admin.': clientKeys.admin,
  'listeners.https.': { ...securityKeys, 'ssl.client.auth': { type: 'string', importance: 'low', doc: '' } },
}

/** Where a worker property belongs to a client: its prefix, what may follow, and what does. */
export function clientPrefixOf(
  name: string,
): { readonly prefix: string; readonly names: readonly string[]; readonly rest: string } | undefined {
  const found = Object.entries(prefixed).find(([prefix]) => name.startsWith(prefix))
  if (!found) return undefined
  const [prefix, keys] = found
  return { prefix, names: Object.keys(keys), rest: name.slice(prefix.length) }
}

/** The properties that all clients of the worker itself have: security, time limits and the like, without a prefix. */
export function clientPropsOf(workerProps: Props): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(workerProps).flatMap(([name, value]) =>
      typeof value === 'string' && (name === 'security.protocol' || Object.hasOwn(workerClientConfig.keys, name))
        ? [[name, value]]
        : [],
    ),
  )
}
