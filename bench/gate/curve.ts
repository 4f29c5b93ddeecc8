import type { Bench, Findings, Row } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { type Figures, measureScene, oneChannel } from './scene.ts'
import type { Variant } from './server.ts'
import { marked } from './steady.ts'

const steps = [100, 300, 1000, 3000, 10_000]
/** Deliveries a second at each step. */
const deliveries = 20_000

/** The cost of a delivery from few clients to many, at as many deliveries a second. */
export async function curve(bench: Bench, centrifugo: string): Promise<Findings> {
  const rows: Row[] = []
  const notes: string[] = []
  const most = bench.scale.curveClients
  for (const clients of steps.filter((step) => step <= most)) {
    if (clients > bench.connections) {
      notes.push(`Curve: not run with ${clients} clients, because of the descriptor limit (\`ulimit -n\`).`)
      continue
    }
    const scene = oneChannel(clients, Math.max(1, Math.round(deliveries / clients)))
    const variants: Variant[] = centrifugo === '' ? ['tidegate', 'framed'] : ['tidegate', 'framed', 'centrifugo']
    const figures: Partial<Record<Variant, Figures>> = await interleave(variants, 1, (variant) =>
      measureScene(bench, scene, { variant, name: `${bench.prefix}.curve-${clients}-${variant}`, centrifugo }),
    )
    rows.push({
      what: marked(`curve: ${scene.what}`, [figures.tidegate, figures.framed, figures.centrifugo]),
      unit: 'CPU µs a delivery',
      ours: figures.tidegate?.cpu ?? Number.NaN,
      naive: Number.NaN,
      limit: figures.framed?.cpu ?? Number.NaN,
      centrifugo: figures.centrifugo?.cpu ?? Number.NaN,
    })
  }
  notes.push(drawn(rows))
  return { rows, notes }
}

/** A line of marks for each step, as long as the cost. */
function drawn(rows: readonly Row[]): string {
  const most = Math.max(...rows.map(({ ours }) => ours))
  const line = ({ what, ours }: Row): string =>
    `  ${'#'.repeat(Math.round((ours / most) * 40)).padEnd(40)} ${ours.toFixed(2)} µs, ${what.replace('curve: one channel, ', '')}`
  return `Curve: CPU µs of the worker for a delivery, at about ${deliveries} deliveries a second:\n\n${rows.map(line).join('\n')}\n`
}
