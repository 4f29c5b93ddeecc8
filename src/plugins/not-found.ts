import { ConfigError } from '#api'
import { nearest } from '../util/nearest.ts'
import type { PluginTypes } from './plugins.ts'

/** Kafka Connect's interfaces, as its message names them. */
const interfaces: Readonly<Record<keyof PluginTypes, string>> = {
  connector: 'Connector',
  source: 'SourceConnector',
  sink: 'SinkConnector',
  converter: 'Converter',
  header_converter: 'HeaderConverter',
  transformation: 'Transformation',
  predicate: 'Predicate',
}

/** What is said when no plugin has the name, in Kafka Connect's words and with the name that was probably meant. */
export function notFound(kind: keyof PluginTypes, name: string, available: readonly string[]): ConfigError {
  const sorted = [...new Set(available)].toSorted()
  const word = kind === 'source' || kind === 'sink' || kind === 'connector' ? 'connectors' : 'plugins'
  const simple = name.slice(name.lastIndexOf('.') + 1).replace(/\$(Key|Value)$/, '')
  const meant = nearest(simple, sorted) ?? sorted.find((other) => other.toLowerCase() === simple.toLowerCase())
  return new ConfigError(
    [
      `Failed to find any class that implements ${interfaces[kind]} and which name matches ${name}, `,
      `available ${word} are: ${sorted.join(', ')}`,
      meant === undefined ? '' : `. Did you mean ${meant}?`,
    ].join(''),
    { context: { plugin: name, nearest: meant } },
  )
}
