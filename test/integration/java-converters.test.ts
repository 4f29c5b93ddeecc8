import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultText, ordersInGroups } from '#api'
import { casesOf } from '../interop/converters/cases.ts'
import { compareAll, type Verdict } from '../interop/converters/compare.ts'
import { pluginOf, type Side } from '../interop/converters/ours.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

let java: JavaProgram
let found: { converters: string[]; headerConverters: string[] }

beforeAll(async () => {
  java = await startJavaProgram('Converters')
  found = await java.ask({ op: 'list' })
}, 300_000)

afterAll(async () => await java.close())

const sidesOf = (name: string): readonly Side[] => [
  ...(found.converters.includes(name) ? (['key', 'value'] as const) : []),
  ...(found.headerConverters.includes(name) ? (['header'] as const) : []),
]

const allNames = () => [...new Set([...found.converters, ...found.headerConverters])]

test('every converter of Kafka Connect is here under its Java name, for keys, values and headers alike', () => {
  expect(found.converters.length).toBeGreaterThan(8)
  for (const name of allNames()) for (const side of sidesOf(name)) expect(pluginOf(name, side).aliases).toContain(name)
})

test('every converter has the properties that Java has, described alike', async () => {
  for (const name of allNames()) {
    const { keys } = await java.ask({ op: 'configDef', converter: name })
    const own = pluginOf(name, sidesOf(name)[0] ?? 'value').config.keys
    const orders = ordersInGroups(own)
    const described = Object.entries(own).map(([key, of]) => ({
      name: key,
      type: of.type.toUpperCase(),
      required: !('default' in of),
      default_value: defaultText(of),
      importance: of.importance.toUpperCase(),
      group: of.group ?? null,
      order_in_group: orders.get(key),
      width: (of.width ?? 'none').toUpperCase(),
      display_name: of.displayName ?? key,
      dependents: of.dependents ?? [],
    }))
    expect({ name, keys: described }).toEqual({ name, keys })
  }
})

test(
  'records and headers that either writes are read by the other as by itself, and errors fall on the same',
  async () => {
    const random = seededRandom()
    const counts = scale({
      small: { JsonConverter: 4000, SimpleHeaderConverter: 4000, StringConverter: 1000, others: 300 },
      full: { JsonConverter: 60_000, SimpleHeaderConverter: 60_000, StringConverter: 10_000, others: 3000 },
    })
    const table: Row[] = []
    for (const name of allNames()) {
      const simple = name.slice(name.lastIndexOf('.') + 1)
      const cases = casesOf(random, name, sidesOf(name), counts[simple as 'others'] ?? counts.others)
      table.push(row(simple, await compareAll(java, cases)))
    }
    process.stdout.write(printed(table))
    evidence('java-converters', {
      cases: table.reduce((sum, each) => sum + each.cases, 0),
      converters: table.length,
      differs: table.reduce((sum, each) => sum + each.differs.length, 0),
    })
    expect(table.flatMap(({ differs }) => differs.slice(0, 5))).toEqual([])
    expect(table.filter((each) => each.equal < each.cases / 2)).toEqual([])
  },
  scale({ small: 120_000, full: 1_800_000 }),
)

interface Row {
  readonly name: string
  readonly cases: number
  readonly equal: number
  readonly wanted: ReadonlyMap<string, number>
  readonly differs: readonly string[]
}

function row(name: string, verdicts: readonly Verdict[]): Row {
  const wanted = new Map<string, number>()
  for (const each of verdicts) if (each.kind === 'wanted') wanted.set(each.why, (wanted.get(each.why) ?? 0) + 1)
  return {
    name,
    cases: verdicts.length,
    equal: verdicts.filter((each) => each.kind === 'equal').length,
    wanted,
    differs: verdicts.flatMap((each) => (each.kind === 'differs' ? [each.why] : [])),
  }
}

function printed(table: readonly Row[]): string {
  const lines = table.map(({ name, cases, equal, wanted, differs }) => {
    const asWanted = [...wanted.values()].reduce((sum, count) => sum + count, 0)
    return `${name.padEnd(24)}${[cases, equal, asWanted, differs.length].map((count) => String(count).padStart(10)).join('')}`
  })
  const reasons = table.flatMap(({ wanted }) => [...wanted].map(([why, count]) => `  ${count} × ${why}`))
  const head = `${'converter'.padEnd(24)}${['cases', 'equal', 'wanted', 'differs'].map((word) => word.padStart(10)).join('')}`
  return `\nConverters here and in Java, seed ${seed}\n${[head, ...lines, 'as wanted:', ...reasons].join('\n')}\n`
}
