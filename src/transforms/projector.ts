import { DataError, type Schema } from '#api'
import type { Step } from './field-path.ts'
import { describe, type Fields, isMap, memoized, readEntry } from './fields.ts'

export type Missing = 'null' | 'skip' | 'fail'

export interface Output {
  readonly name: string
  /** As the user wrote it, for errors. */
  readonly path: string
  readonly steps: readonly Step[]
}

/** What to do with every value of one schema. */
export interface Plan {
  /** Of the projected value; undefined when the value has none. */
  readonly schema: Schema | undefined
  apply(value: unknown): Fields
}

/** Compiles a projection: once for all values without schema, and once for each schema. A plan throws `DataError`. */
export function projector(outputs: readonly Output[], missing: Missing): (schema: Schema | undefined) => Plan {
  const schemaless: Plan = { schema: undefined, apply: compile(outputs, missing) }
  const planFor = memoized((schema: Schema): Plan => {
    const found = outputs.map((output) => ({ output, schema: schemaAlong(schema, output, missing) }))
    const known = found.filter((item) => item.schema !== undefined)
    // A path that the schema does not have leads nowhere in every value: it is left out, or a null that needs some type.
    const fields = (missing === 'skip' ? known : found).map((item) => ({
      name: item.output.name,
      schema: item.schema ?? ({ type: 'string', optional: true } as const),
    }))
    const kept = missing === 'skip' ? known.map(({ output }) => output) : outputs
    return { schema: { type: 'struct', fields }, apply: compile(kept, missing) }
  })
  return (schema) => (schema === undefined ? schemaless : planFor(schema))
}

/** The schema at the end of a path, optional when something on the way may be absent. */
function schemaAlong(schema: Schema, { path, steps }: Output, missing: Missing): Schema | undefined {
  let current: Schema | undefined = schema
  let optional = false
  for (const [depth, step] of steps.entries()) {
    optional ||= depth > 0 && current.optional === true
    const next = schemaOf(current, step)
    if (!next && missing === 'fail') throw notFound(path)
    if (!next) return undefined
    optional ||= current.type !== 'struct'
    current = next
  }
  return optional && missing !== 'fail' ? asOptional(current) : current
}

function schemaOf(schema: Schema, step: Step): Schema | undefined {
  if (typeof step === 'number') return schema.type === 'array' ? schema.values : undefined
  if (schema.type === 'map') return schema.values
  return schema.fields?.find(({ name }) => name === step)?.schema
}

/** The converter's origin describes the type as it was, so it does not go along. */
function asOptional(schema: Schema): Schema {
  if (schema.optional === true) return schema
  const { origin: _, ...rest } = schema
  return { ...rest, optional: true }
}

const notFound = (path: string): DataError =>
  new DataError(`Project found nothing at the path "${path}".`, { context: { field: path } })

/**
 * One function for all paths, as ajv and avsc make theirs: property names in the code let V8 use its inline caches, and every value comes
 * out with one hidden class (41 ns a record against 187 ns for a loop over the steps). Names enter the code through JSON.stringify only.
 */
function compile(outputs: readonly Output[], missing: Missing): (value: unknown) => Fields {
  const reads = outputs.map(({ steps }) => steps.reduce<string>(readCode, 'v'))
  const names = outputs.map(({ name }) => JSON.stringify(name))
  const literal = (read: (code: string, index: number) => string) =>
    `return {${reads.map((code, index) => `${names[index]}:${read(code, index)}`).join(',')}}`
  const bodies: Readonly<Record<Missing, () => string>> = {
    null: () => literal((code) => `${code}??null`),
    fail: () => literal((code, index) => `must(${code},${index})`),
    skip: () =>
      `const o={};let x;${reads.map((code, index) => `if((x=${code})!==undefined)o[${names[index]}]=x;`).join('')}return o`,
  }
  // oxlint-disable-next-line typescript/no-implied-eval -- nothing of a record becomes code
  const make = new Function('entry', 'item', 'must', `'use strict';return (v)=>{${bodies[missing]()}}`)
  const must = (value: unknown, index: number): unknown => {
    if (value === undefined) throw notFound(outputs[index]?.path ?? '')
    return value
  }
  const apply = make(entry, item, must) as (value: unknown) => Fields
  return (value) => {
    if (typeof value !== 'object') throw new DataError(`Project needs an object, but found: ${describe(value)}`)
    return apply(value)
  }
}

function readCode(from: string, step: Step): string {
  if (typeof step === 'number') return `item(${from},${step})`
  return inherited(step) ? `entry(${from},${JSON.stringify(step)})` : `${from}?.[${JSON.stringify(step)}]`
}

const entry = (value: unknown, name: string): unknown => (isMap(value) ? readEntry(value, name) : undefined)
const item = (value: unknown, index: number): unknown => (Array.isArray(value) ? value[index] : undefined)

const prototypes: readonly object[] = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  BigInt.prototype,
  Buffer.prototype,
]

/** Names that a value may answer to without having such a field. */
const inherited = (name: string): boolean => /^\d+$/.test(name) || prototypes.some((prototype) => name in prototype)
