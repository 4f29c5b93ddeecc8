import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { descriptorLimit } from '../src/cli/descriptor-limit.ts'
import { type Bench, type Findings, fullScale, quickScale } from './figures.ts'
import { describeMachine } from './machine.ts'
import { type Measure, measures } from './measures/index.ts'
import { noStack, openStack } from './open-stack.ts'
import { toMarkdown } from './table.ts'
import { removeTopics } from './topics.ts'

// Whoever ends the bench ends all that it has started: that happens at `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const usage = `Usage: npm run bench -- [${[...measures.keys()].join('|')} …] [--quick] [--seed N] [--json FILE] [--cpu-prof DIR]`
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20261121' },
    json: { type: 'string' },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : [...measures.keys()]
const chosen = names.map((name) => measures.get(name))
const unknown = names.filter((_, place) => !chosen[place])
if (flags.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no measure ${unknown.join(', ')}.`)
  console.error(usage)
  process.exitCode = flags.help ? 0 : 2
} else {
  await main(chosen.filter((measure) => measure !== undefined))
}

async function main(all: readonly Measure[]): Promise<void> {
  const began = performance.now()
  const progress = (line: string) => console.error(line)
  const profiles = flags['cpu-prof'] === undefined ? undefined : resolve(flags['cpu-prof'])
  if (profiles) await mkdir(profiles, { recursive: true })
  const { kafka, registry, lent, stop } = all.some(({ needsKafka }) => needsKafka) ? await openStack(progress) : noStack
  const bench: Bench = {
    scale: flags.quick ? quickScale : fullScale,
    seed: Number(flags.seed),
    kafka,
    registry,
    prefix: `bench-${randomBytes(4).toString('hex')}`,
    profiles,
    // Less what Node itself and its other connections need.
    connections: ((await descriptorLimit()) ?? 1024) - 128,
    progress,
  }
  const findings: Findings[] = []
  try {
    for (const measure of all) findings.push(await measure.run(bench))
  } finally {
    if (lent) await removeTopics(bench)
    await stop()
  }
  await print(bench, findings)
  progress(`\n${Math.round((performance.now() - began) / 1000)} s in all.`)
}

async function print({ scale, seed }: Bench, findings: readonly Findings[]): Promise<void> {
  const rows = findings.flatMap((each) => each.rows)
  const notes = findings.flatMap((each) => each.notes)
  const date = new Date().toISOString().slice(0, 10)
  const rounds = scale.rounds === 1 ? 'one round' : `medians of ${scale.rounds} rounds`
  const origin = `${date}, ${describeMachine()}; ${rounds}, seed ${seed}${flags.quick ? ', --quick' : ''}.`
  console.log(`\n${origin}\n\n${toMarkdown(rows)}\n`)
  for (const note of notes) console.log(`- ${note}`)
  if (flags.json) await writeFile(flags.json, `${JSON.stringify({ origin, seed, rows, notes }, null, 2)}\n`)
}
