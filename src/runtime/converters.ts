import type { Converter, ConverterPlugin, HeaderConverter, Logger, Props } from '#api'
import { ConfigError, DataError } from '#api'
import type { Plugins } from '../plugins/index.ts'
import type { Closers } from '../util/closers.ts'
import { withPrefix } from './connector-config.ts'
import { javaName } from './java-names.ts'

export interface NamedConverter {
  /** The Java class that it stands for, where there is one. */
  readonly name: string
  readonly converter: Converter
}

export interface NamedHeaderConverter {
  readonly name: string
  readonly converter: HeaderConverter
  close?(): void | Promise<void>
}

export interface TaskConverters {
  readonly key: NamedConverter
  readonly value: NamedConverter
  readonly header: NamedHeaderConverter
}

export interface ConverterSource {
  readonly props: Props
  readonly workerProps: Props
  readonly plugins: Plugins
  readonly log: Logger
  /** Ends their waits for a registry. */
  readonly signal?: AbortSignal | undefined
}

/** Builds all three; `closers` end them. Throws `ConfigError`. */
export function openConverters(source: ConverterSource, closers: Closers): TaskConverters {
  const key = buildConverter('key', source)
  closers.add('key converter', () => key.converter.close?.())
  const value = buildConverter('value', source)
  closers.add('value converter', () => value.converter.close?.())
  const header = buildHeaderConverter(source)
  closers.add('header converter', () => header.close?.())
  return { key, value, header }
}

/**
 * The connector's own converter with its own options, else the worker's with the worker's: they are never mixed, as in Kafka Connect.
 * Throws `ConfigError` when neither names one or the options are wrong.
 */
export function buildConverter(side: 'key' | 'value', source: ConverterSource): NamedConverter {
  const { name, own } = chosen(`${side}.converter`, source)
  if (!name) throw new ConfigError(`Neither the connector nor the worker names a "${side}.converter".`)
  const { plugin } = source.plugins.find('converter', name)
  return { name: javaName(plugin), converter: create(plugin, own, side === 'key', source) }
}

/** As above; where nobody names one, Kafka Connect's `SimpleHeaderConverter`. */
export function buildHeaderConverter(source: ConverterSource): NamedHeaderConverter {
  const { name, own } = chosen('header.converter', source)
  const { plugin } = source.plugins.find('header_converter', name || 'SimpleHeaderConverter')
  if (plugin.kind === 'header_converter') {
    return { name: javaName(plugin), converter: plugin.create({ config: plugin.config.parse(own), log: source.log }) }
  }
  const converter = create(plugin, own, false, source)
  return { name: javaName(plugin), converter: forHeaders(converter, plugin.name), close: () => converter.close?.() }
}

function chosen(option: string, { props, workerProps }: ConverterSource) {
  const from = props[option] ? props : workerProps
  return { name: from[option], own: withPrefix(from, `${option}.`) }
}

const create = (plugin: ConverterPlugin, own: Props, isKey: boolean, { log, signal }: ConverterSource): Converter =>
  plugin.create({ config: plugin.config.parse(own), props: own, isKey, log, signal })

/** A converter in a header's place. */
function forHeaders(converter: Converter, name: string): HeaderConverter {
  const atOnce = <T>(answer: T | Promise<T>): T => {
    if (!(answer instanceof Promise)) return answer
    answer.catch(() => undefined)
    throw new DataError(`${name} must ask somebody else for a header, which a header converter cannot.`)
  }
  return {
    toConnectHeader: (topic, _key, bytes) => atOnce(converter.toConnectData(topic, bytes)),
    fromConnectHeader: (topic, _key, schema, value) => atOnce(converter.fromConnectData(topic, schema, value)),
  }
}

const options = ['key.converter', 'value.converter', 'header.converter'] as const

/** What the task runs with: the worker's converters with their options where the connector names none. */
export function withInheritedConverters(props: Props, workerProps: Props): Props {
  const inherited = options.filter((option) => !props[option])
  const isInherited = (key: string) => inherited.some((option) => key === option || key.startsWith(`${option}.`))
  return { ...Object.fromEntries(Object.entries(workerProps).filter(([key]) => isInherited(key))), ...props }
}
