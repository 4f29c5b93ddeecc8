import type { ConfigDef, ConfigOf } from './config-def.ts'
import type { Plugin } from './plugin.ts'
import type { ConnectRecord } from './records.ts'

/** One record in; out comes one, none (`null`: the record is dropped) or many. Never changes the record that it is given. */
export type Transform = <R extends ConnectRecord>(record: R) => R | null | readonly R[]

export type PredicateTest = (record: ConnectRecord) => boolean

export interface TransformationPlugin<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'transformation'
  /**
   * Whether it works on the record's key or value, told by the option `on`; then `Name$Key` and `Name$Value`
   * name it too, with `on` set accordingly.
   */
  readonly sided?: boolean
  create(config: ConfigOf<D>): Transform
}

export interface PredicatePlugin<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'predicate'
  create(config: ConfigOf<D>): PredicateTest
}

/** Declares a transformation. Throw `DataError` for a record that cannot be transformed. */
export function defineTransformation<D extends ConfigDef>(
  spec: Omit<TransformationPlugin<D>, 'kind'>,
): TransformationPlugin<D> {
  return { kind: 'transformation', ...spec }
}

export function definePredicate<D extends ConfigDef>(spec: Omit<PredicatePlugin<D>, 'kind'>): PredicatePlugin<D> {
  return { kind: 'predicate', ...spec }
}
