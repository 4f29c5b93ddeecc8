import type { Converter, Logger, Props } from '#api'
import { ConfigError } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { withPrefix } from './connector-config.ts'

export interface NamedConverter {
  readonly name: string
  readonly converter: Converter
}

/**
 * The connector's own converter with its own options, else the worker's with the worker's: they are never mixed, as in Kafka Connect.
 * Throws `ConfigError` when neither names one or the options are wrong.
 */
export function buildConverter(
  side: 'key' | 'value',
  props: Props,
  workerProps: Props,
  plugins: Plugins,
  log: Logger,
): NamedConverter {
  const option = `${side}.converter`
  const from = props[option] ? props : workerProps
  const name = from[option]
  if (!name) throw new ConfigError(`Neither the connector nor the worker names a "${option}".`)
  const { plugin } = plugins.find('converter', name)
  const own = withPrefix(from, `${option}.`)
  return { name, converter: plugin.create({ config: plugin.config.parse(own), props: own, isKey: side === 'key', log }) }
}

/** What the task runs with: the worker's converters with their options where the connector names none. */
export function withInheritedConverters(props: Props, workerProps: Props): Props {
  const inherited = (['key.converter', 'value.converter'] as const).filter((option) => !props[option])
  const isInherited = (key: string) => inherited.some((option) => key === option || key.startsWith(`${option}.`))
  return { ...Object.fromEntries(Object.entries(workerProps).filter(([key]) => isInherited(key))), ...props }
}
