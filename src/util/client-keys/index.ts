import type { ConfigKey, ConfigKeys, ConfigType, Importance } from '#api'
import { admin } from './admin.ts'
import { consumer } from './consumer.ts'
import { producer } from './producer.ts'
import { security } from './security.ts'
import { shared } from './shared.ts'
import { textToDefault } from './text-to-default.ts'

/** The properties of Kafka's Java clients, by which `producer.override.` and its like are checked and described. */
export const clientKeys: Readonly<Record<'producer' | 'consumer' | 'admin', ConfigKeys>> = {
  producer: keysOf(shared, security, producer),
  consumer: keysOf(shared, security, consumer),
  admin: keysOf(shared, security, admin),
}

/** The keys of TLS and SASL alone. */
export const securityKeys: ConfigKeys = keysOf(security)

function keysOf(...tables: readonly string[]): ConfigKeys {
  const lines = tables.flatMap((table) => table.trim().split('\n'))
  return Object.fromEntries(lines.map(toKey))
}

function toKey(line: string): readonly [string, ConfigKey] {
  const [name = '', type = 'string', importance = 'low', ...rest] = line.split(' ')
  const text = rest.join(' ')
  const key = {
    type: type as ConfigType,
    importance: importance as Importance,
    doc: `\`${name}\` of Kafka’s Java clients.`,
  }
  return [name, text === '!' ? key : { ...key, default: textToDefault(key.type, text) }]
}
