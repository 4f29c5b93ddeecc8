import { type ConverterPlugin, DataError, type HeaderConverterPlugin, type SchemaAndValue } from '#api'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import { quietLog } from '../../support/quiet.ts'

export type Side = 'key' | 'value' | 'header'

export interface Subject {
  /** The Java class. */
  readonly converter: string
  readonly config: Readonly<Record<string, string>>
  readonly as: Side
}

/** The plugin of a Java class; an error when there is none. */
export function pluginOf(alias: string, side: Side): ConverterPlugin | HeaderConverterPlugin {
  const all = side === 'header' ? [...headerConverters, ...converters.filter((each) => each.forHeaders)] : converters
  const plugin = all.find((each) => each.aliases?.includes(alias))
  if (!plugin) throw new Error(`Nothing here answers to ${alias} as a ${side} converter.`)
  return plugin
}

interface BothWays {
  read(bytes: Buffer | null): SchemaAndValue
  write(data: SchemaAndValue): Buffer | null
}

const made = new Map<string, BothWays>()

function create({ converter: alias, config: props, as: side }: Subject): BothWays {
  const plugin = pluginOf(alias, side)
  const config = plugin.config.parse(props)
  if (plugin.kind === 'header_converter') {
    const converter = plugin.create({ config, log: quietLog })
    return {
      read: (bytes) => converter.toConnectHeader('t', 'h', bytes),
      write: ({ schema, value }) => converter.fromConnectHeader('t', 'h', schema, value),
    }
  }
  const converter = plugin.create({ config, props, isKey: side === 'key', log: quietLog })
  return {
    read: (bytes) => converter.toConnectData('t', bytes) as SchemaAndValue,
    write: ({ schema, value }) => converter.fromConnectData('t', schema, value) as Buffer | null,
  }
}

/** One of each kind and configuration, as on the side of Java. */
export function ours(subject: Subject): BothWays {
  const key = JSON.stringify(subject)
  const converter = made.get(key) ?? create(subject)
  made.set(key, converter)
  return converter
}

/** What it gives, or the `DataError` that it throws; any other error is one of the test's. */
export function attempt<T>(convert: () => T): { readonly result: T } | { readonly error: string } {
  try {
    return { result: convert() }
  } catch (error) {
    if (error instanceof DataError) return { error: error.message }
    throw error
  }
}
