import type { ConnectRecord, PredicateTest, Props, Transform } from '#api'
import { ConfigError } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { predicateKeys, transformKeys, withPrefix } from './connector-config.ts'
import { javaName } from './java-names.ts'

interface Stage {
  readonly alias: string
  /** The Java class that it stands for, where there is one. */
  readonly name: string
  readonly transform: Transform
  /** Absent: it applies to every record. */
  readonly applies?: PredicateTest
}

export interface TransformChain {
  /** The records that one becomes: none, one or many, in order. */
  apply<R extends ConnectRecord>(record: R): readonly R[]
  /** The transformation that ran last: which one failed, after a throw. */
  failed(): string
  /** One by one, for who wants to look between them. */
  readonly steps: readonly TransformStep[]
}

export interface TransformStep {
  readonly alias: string
  readonly name: string
  apply<R extends ConnectRecord>(records: readonly R[]): readonly R[]
}

/** Builds the transformations that `transforms` names. Throws one `ConfigError` with all complaints. */
export function buildTransformChain(props: Props, plugins: Plugins): TransformChain {
  const aliases = listOf(props['transforms'])
  const predicates = new Map(listOf(props['predicates']).map((alias) => [alias, buildPredicate(alias, props, plugins)]))
  const stages = aliases.map((alias) => buildStage(alias, props, plugins, predicates))
  let last = ''

  return {
    apply<R extends ConnectRecord>(record: R) {
      let records: readonly R[] = [record]
      for (const stage of stages) {
        last = stage.name
        records = applyStage(stage, records)
        if (records.length === 0) break
      }
      return records
    },
    failed: () => last,
    steps: stages.map((stage) => ({
      alias: stage.alias,
      name: stage.name,
      apply: <R extends ConnectRecord>(records: readonly R[]) => applyStage(stage, records),
    })),
  }
}

function applyStage<R extends ConnectRecord>(stage: Stage, records: readonly R[]): readonly R[] {
  const next: R[] = []
  for (const record of records) {
    if (stage.applies && !stage.applies(record)) {
      next.push(record)
      continue
    }
    const result = stage.transform(record)
    if (result === null) continue
    if (isMany<R>(result)) for (const each of result) next.push(each)
    else next.push(result)
  }
  return next
}

const isMany = <R>(result: R | readonly R[]): result is readonly R[] => Array.isArray(result)

function buildStage(
  alias: string,
  props: Props,
  plugins: Plugins,
  predicates: ReadonlyMap<string, PredicateTest>,
): Stage {
  const own = withPrefix(props, `transforms.${alias}.`)
  const { type, predicate, negate } = transformKeys.parse(own)
  const { plugin, preset } = plugins.find('transformation', type)
  const given = { ...preset, ...own }
  const transform = plugin.create(plugin.config.parse(given))
  const name = javaName(plugin, given['on'] ?? undefined)
  if (predicate === null) return { alias, name, transform }
  const test = predicates.get(predicate)
  if (!test) {
    throw new ConfigError(
      `Transformation ${alias} names the predicate ${predicate}, which "predicates" does not list (${[...predicates.keys()].join(', ') || 'it lists none'}).`,
    )
  }
  return { alias, name, transform, applies: (record) => test(record) !== negate }
}

function buildPredicate(alias: string, props: Props, plugins: Plugins): PredicateTest {
  const own = withPrefix(props, `predicates.${alias}.`)
  const { plugin } = plugins.find('predicate', predicateKeys.parse(own).type)
  return plugin.create(plugin.config.parse(own))
}

export const listOf = (value: string | null | undefined): readonly string[] =>
  (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
