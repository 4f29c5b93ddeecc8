import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomCase } from '../interop/transforms/cases.ts'
import { compare, type Row, tableOf } from '../interop/transforms/compare.ts'
import { describeChain, pluginFor } from '../interop/transforms/ours.ts'
import { createRandom } from '../interop/transforms/random.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

let java: JavaProgram
let classes: readonly string[]

beforeAll(async () => {
  java = await startJavaProgram('Transforms')
  classes = (await java.ask<{ classes: readonly string[] }>({ op: 'list' })).classes
}, 300_000)

afterAll(() => java?.close())

test('every transformation and predicate does to random records what its class in Java does', {
  timeout: 600_000,
}, async () => {
  const rows: Row[] = []
  const count = scale({ small: 400, full: 5000 })
  for (const [index, name] of classes.entries()) {
    rows.push(await compare(java, seededRandom(seed + index), name, classes, count))
  }
  process.stdout.write(`TIDEGATE_SEED=${seed}\n${tableOf(rows)}\n`)
  const cases = rows.reduce((sum, row) => sum + row.cases, 0)
  const differs = rows.flatMap((row) => row.differs)
  evidence('java-transforms', { classes: classes.length, cases, differs: differs.length })
  const told = differs.slice(0, 3).map(({ given, java: there, here }) => ({
    chain: describeChain(given.chain),
    record: JSON.stringify(given.record),
    there,
    here,
  }))
  expect(told).toEqual([])
  expect(rows.every((row) => row.equal > 0)).toBe(true)
})

test('every class of the distribution is known here, with its options in their order', async () => {
  for (const name of classes) {
    const { keys } = await java.ask<{ keys: readonly Record<string, unknown>[] }>({ op: 'keys', class: name })
    const { plugin, preset } = pluginFor(name)
    const ours = Object.entries(plugin.config.keys).filter(([key]) => !(key in preset))
    expect([
      name,
      ours.map(([key, of]) => ({
        name: key,
        type: of.type.toUpperCase(),
        importance: of.importance.toUpperCase(),
        required: !('default' in of),
        default: defaultText(of.default),
      })),
    ]).toEqual([name, keys])
  }
})

/** As Java prints it; undefined is what a required option has. */
function defaultText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join() : JSON.stringify(value)
}

/** Java's words there are those of its regular expressions, and of casts they name what went wrong inside. */
const ownWords: ReadonlySet<string> = new Set(['regex', 'pattern', 'spec'])

test('validation says of random options what it says in Java, word for word', async () => {
  const differs: unknown[] = []
  for (const [index, name] of classes.entries()) {
    const random = createRandom(seededRandom(seed + index))
    for (let count = 0; count < 60; count++) {
      const [step] = randomCase(random, name, classes).chain
      const props = random.chance(0.2) ? {} : (step?.props ?? {})
      const there = await java.ask<Readonly<Record<string, readonly string[]>>>({ op: 'validate', class: name, props })
      const { plugin, preset } = pluginFor(name)
      const here = Object.fromEntries(
        plugin.config
          .validate({ ...props, ...preset })
          .flatMap(({ name: key, errors }) => (key in preset ? [] : [[key, errors]])),
      )
      for (const key of new Set([...Object.keys(there), ...Object.keys(here)])) {
        const [theirs, ours] = [there[key], here[key]].map((errors) =>
          ownWords.has(key) ? errors?.length !== 0 : errors,
        )
        if (JSON.stringify(theirs) !== JSON.stringify(ours))
          differs.push({ name, key, given: props[key], theirs, ours })
      }
    }
  }
  expect(differs).toEqual([])
})
