import { logicalNames } from '#api'
import type { Random } from './random.ts'
import { fieldNames, valueFor } from './values.ts'
import type { WireSchema } from './wire.ts'

const plain = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string', 'bytes'] as const

const logical = (random: Random): WireSchema =>
  random.pick<WireSchema>([
    { type: 'int32', name: logicalNames.date, version: 1 },
    { type: 'int32', name: logicalNames.time, version: 1 },
    { type: 'int64', name: logicalNames.timestamp, version: 1 },
    {
      type: 'bytes',
      name: logicalNames.decimal,
      version: 1,
      parameters: { scale: String(random.pick([0, 2, 2, 9, 12, -2])) },
    },
  ])

/** A schema of any type, optional or not, with a default or not, with every other part now and then. */
export function randomSchema(random: Random, depth = 0, structDefaults = false): WireSchema {
  const kind = random.pick(['plain', 'plain', 'plain', 'logical', 'array', 'map', 'struct'])
  if (kind === 'struct' && depth < 2) return structSchema(random, depth + 1, structDefaults)
  return decorated(random, bare(random, kind))
}

function bare(random: Random, kind: string): WireSchema {
  switch (kind) {
    case 'logical':
      return logical(random)
    case 'array':
      return { type: 'array', values: { type: random.pick(plain), optional: random.chance(0.3) } }
    case 'map':
      return {
        type: 'map',
        keys: { type: random.pick(['string', 'string', 'int32']) },
        values: { type: random.pick(plain), optional: random.chance(0.3) },
      }
    default:
      return { type: random.pick(plain), ...(random.chance(0.1) && { name: 'own.Type', version: 3 }) }
  }
}

export function decorated(random: Random, schema: WireSchema): WireSchema {
  const decoratedSchema: WireSchema = {
    ...schema,
    ...(random.chance(0.5) && { optional: true }),
    ...(random.chance(0.1) && { doc: 'what it is' }),
  }
  if (!random.chance(0.25)) return decoratedSchema
  return { ...decoratedSchema, default: valueFor(random, schema, false) }
}

/** Fields of all types under names that options of the transformations mean. */
export function structSchema(random: Random, depth = 0, structDefaults = false): WireSchema {
  const schema: WireSchema = {
    type: 'struct',
    ...(random.chance(0.4) && { optional: true }),
    ...(random.chance(0.4) && { name: 'a.Struct' }),
    ...(random.chance(0.3) && { version: 2 }),
    ...(random.chance(0.2) && { doc: 'a struct' }),
    ...(random.chance(0.2) && { parameters: { p: 'q' } }),
    fields: random
      .some(fieldNames, 0.65)
      .map((name) => ({ name, schema: randomSchema(random, depth, structDefaults) })),
  }
  if (!structDefaults || !random.chance(0.3)) return schema
  return { ...schema, default: valueFor(random, schema, false) }
}
