import {
  ConnectError,
  type ConnectRecord,
  type PredicatePlugin,
  type RecordOrigin,
  type TransformationPlugin,
} from '#api'
import { predicates, transformations } from '../../../src/transforms/index.ts'
import { canonicalRecord } from './canonical.ts'
import type { Case, Step } from './cases.ts'
import { schemaOf, valueOf, type WireRecord } from './wire.ts'

type Tested = ConnectRecord & { readonly origin?: RecordOrigin }

export type Outcome =
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'holds'; readonly answer: boolean }
  | { readonly kind: 'error'; readonly type: string; readonly message: string }

const plugins = new Map<string, TransformationPlugin | PredicatePlugin>(
  [...transformations, ...predicates].flatMap((plugin) =>
    (plugin.aliases ?? []).map((alias) => [alias, plugin] as const),
  ),
)

/** The plugin that stands for a class of Java, and what its name sets: `$Key` and `$Value` are the option `on`. */
export function pluginFor(name: string): {
  plugin: TransformationPlugin | PredicatePlugin
  preset: Record<string, string>
} {
  const [, base = name, side] = /^(.*?)(?:\$(Key|Value))?$/.exec(name) ?? []
  const plugin = plugins.get(base)
  if (!plugin) throw new Error(`Nothing here stands for ${name}.`)
  return { plugin, preset: side === undefined ? {} : { on: side.toLowerCase() } }
}

/** The same case as Java is asked, here. What is thrown and is no error of ours is a fault of ours. */
export function runHere({ chain, record: wire }: Case): Outcome {
  let record: Tested = recordOf(wire)
  try {
    for (const { class: name, props } of chain) {
      const { plugin, preset } = pluginFor(name)
      const config = plugin.config.parse({ ...props, ...preset })
      if (plugin.kind === 'predicate') return { kind: 'holds', answer: plugin.create(config)(record) }
      const result = plugin.create(config)(record)
      if (result === null || Array.isArray(result)) return { kind: 'dropped' }
      record = result as Tested
    }
  } catch (error) {
    if (ConnectError.is(error)) return { kind: 'error', type: error.name, message: error.message }
    throw error
  }
  return { kind: 'record', text: canonicalRecord(record) }
}

export function recordOf(wire: WireRecord): Tested {
  const keySchema = schemaOf(wire.keySchema)
  const valueSchema = schemaOf(wire.valueSchema)
  const timestamp = wire.timestamp === null ? undefined : Number(wire.timestamp)
  const origin = {
    topic: wire.topic,
    partition: wire.partition,
    offset: BigInt(wire.offset ?? 0),
    timestamp: timestamp ?? 0,
  }
  return {
    topic: wire.topic,
    partition: wire.partition,
    timestamp,
    keySchema,
    key: valueOf(wire.key, keySchema),
    valueSchema,
    value: valueOf(wire.value, valueSchema),
    headers: wire.headers.map(({ key, schema, value }) => ({
      key,
      schema: schemaOf(schema),
      value: valueOf(value, schemaOf(schema)),
    })),
    path: [],
    ...(wire.source !== true && { origin }),
  }
}

export const describeChain = (chain: readonly Step[]): string =>
  chain.map(({ class: name, props }) => `${name} ${JSON.stringify(props)}`).join(' → ')
