import { expect, test } from 'vitest'
import { type ConnectRecord, DataError, type RecordOrigin, type Schema, type TransformationPlugin } from '#api'

export interface TransformationSubject {
  readonly plugin: TransformationPlugin
  /** Options that do something to `value`. */
  readonly props: Readonly<Record<string, string>>
  /** A value that it can work on, and the schema that fits it. */
  readonly value: unknown
  readonly schema: Schema
  /** What becomes of a record whose key or value is null. */
  readonly ofNull: 'kept' | 'null' | 'dropped' | 'refused' | 'changed'
}

type Tested = ConnectRecord & { readonly origin: RecordOrigin }

/** The promises that every transformation keeps. Its own test file calls it once and adds what is peculiar. */
export function testTransformation({ plugin, props, value, schema, ofNull }: TransformationSubject): void {
  const side = props['on'] === 'key' ? 'key' : 'value'
  const create = (extra: Readonly<Record<string, string>> = {}) => {
    const transform = plugin.create(plugin.config.parse({ ...props, ...extra }))
    return (record: Tested): readonly Tested[] => {
      const result = transform(record)
      return result === null ? [] : Array.isArray(result) ? (result as readonly Tested[]) : [result as Tested]
    }
  }

  test(`${plugin.name} says what it is`, () => {
    expect(plugin.kind).toBe('transformation')
    expect(plugin.name).toMatch(/^[A-Z][A-Za-z]+$/)
    expect(plugin.doc).toMatch(/\.$/)
    expect('on' in plugin.config.keys).toBe(plugin.sided === true)
    for (const key of Object.values(plugin.config.keys)) expect(key.doc).toMatch(/[.)]$/)
  })

  test.each([
    ['without', undefined],
    ['with', schema],
  ])(`${plugin.name} changes nothing of the record that it is given, %s a schema`, (_, of) => {
    const record = deepFreeze(on(side, structuredClone(value), of && structuredClone(of)))
    const before = structuredClone(record)
    create()(record)
    expect(record).toEqual(before)
  })

  test(`${plugin.name} keeps the origin, the headers and the time, and only ever adds to the path`, () => {
    for (const of of [undefined, schema]) {
      const record = { ...on(side, value, of), path: [7] }
      for (const result of create()(record)) {
        expect(result.origin).toBe(record.origin)
        expect(result.headers).toBe(record.headers)
        expect(result.timestamp).toBe(record.timestamp)
        expect(result.path.slice(0, 1)).toEqual([7])
      }
    }
  })

  test(`${plugin.name} gives the same values with a schema and without`, () => {
    const without = create()(on(side, value))
    const withSchema = create()(on(side, value, schema))
    expect(withSchema.map(withoutSchemas)).toEqual(without.map(withoutSchemas))
    for (const record of withSchema) {
      expect(misfits(record.keySchema, record.key)).toEqual([])
      expect(misfits(record.valueSchema, record.value)).toEqual([])
    }
  })

  test(`${plugin.name} gives records of one schema one schema, so that converters need not look twice`, () => {
    const transform = create()
    const [first, second] = [
      schemasOf(transform(on(side, value, schema))),
      schemasOf(transform(on(side, value, schema))),
    ]
    expect(first.every((one, index) => one === second[index])).toBe(true)
  })

  test(`${plugin.name}: a null is ${ofNull}`, () => {
    const outcome = (record: Tested): string => {
      try {
        const [result] = create()(record)
        if (result === undefined) return 'dropped'
        if (result === record) return 'kept'
        return result[side] === null ? 'null' : 'changed'
      } catch (error) {
        return error instanceof DataError ? 'refused' : String(error)
      }
    }
    expect(outcome(on(side, null))).toBe(ofNull)
    expect(outcome(on(side, null, { ...schema, optional: true }))).toBe(ofNull)
  })

  if (plugin.sided !== true) return

  test(`${plugin.name} does to the key what it does to the value, and leaves the other alone`, () => {
    for (const of of [undefined, schema]) {
      const values = create({ on: 'value' })(on('value', value, of))
      const keys = create({ on: 'key' })(on('key', value, of))
      expect(keys.map(({ key }) => key)).toEqual(values.map((record) => record.value))
      expect(keys.map(({ keySchema }) => keySchema)).toEqual(values.map(({ valueSchema }) => valueSchema))
      expect(keys.map((record) => record.value)).toEqual(keys.map(() => 'a value'))
      expect(values.map(({ key }) => key)).toEqual(values.map(() => 'a key'))
    }
  })
}

/** A record of a sink, with something in every place. */
export function aRecord(fields: Partial<Tested> = {}): Tested {
  return {
    topic: 'a-topic',
    partition: 2,
    key: 'a key',
    value: 'a value',
    timestamp: 1_700_000_000_000,
    headers: [{ key: 'h', value: 'x' }],
    path: [],
    origin: { topic: 'a-topic', partition: 2, offset: 41n, timestamp: 1_700_000_000_000 },
    ...fields,
  }
}

/** A record that has `given` for its key or value. */
const on = (side: 'key' | 'value', given: unknown, schema?: Schema): Tested =>
  side === 'key' ? aRecord({ key: given, keySchema: schema }) : aRecord({ value: given, valueSchema: schema })

const withoutSchemas = ({ keySchema: _k, valueSchema: _v, ...rest }: Tested) => rest

const schemasOf = (records: readonly Tested[]) => records.flatMap((record) => [record.keySchema, record.valueSchema])

/** What does not fit: structs have the fields of their schema and no others, and only optional ones are null. */
function misfits(schema: Schema | undefined, value: unknown, path = ''): readonly string[] {
  if (schema?.type !== 'struct' || typeof value !== 'object' || value === null) return []
  const struct = value as Readonly<Record<string, unknown>>
  const fields = schema.fields ?? []
  const extra = Object.keys(struct).filter((key) => !fields.some(({ name }) => name === key))
  const wrong = fields.flatMap((field) => {
    const item = struct[field.name] ?? null
    if (item !== null) return misfits(field.schema, item, `${path}${field.name}.`)
    return field.schema.optional === true ? [] : [path + field.name]
  })
  return [...extra.map((key) => path + key), ...wrong]
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) deepFreeze(item)
    Object.freeze(value)
  }
  return value
}
