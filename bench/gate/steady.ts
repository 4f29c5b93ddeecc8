import type { Bench, Findings, Row } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { type Figures, measureScene, oneChannel, type Scene } from './scene.ts'
import type { Variant } from './server.ts'

export const scenes: readonly Scene[] = [
  oneChannel(100, 200),
  oneChannel(1000, 20),
  oneChannel(1000, 200),
  oneChannel(5000, 20),
  { what: '1000 channels × 1/s, 5 clients each', clients: 5000, channels: 1000, rate: 1000, bytes: 200 },
  {
    what: '10000 channels × 1/s × 512 B, 5000 clients at random',
    clients: 5000,
    channels: 10_000,
    rate: 10_000,
    bytes: 512,
    atRandom: true,
  },
]

/** From so many clients on, what one of them takes is told from what the process takes anyway. */
const memoryFrom = 5000

/** From a topic to clients at a steady pace, beside the others: CPU of the server for each message that a client gets, and how old it is then. */
export async function steady(bench: Bench, centrifugo: string, scene: Scene): Promise<Findings> {
  if (scene.clients > Math.max(...bench.scale.clients)) return { rows: [], notes: [] }
  if (scene.clients > bench.connections)
    return {
      rows: [],
      notes: [`Gate: not run with ${scene.clients} clients, because of the descriptor limit (\`ulimit -n\`).`],
    }
  const variants: Variant[] =
    scene.channels === 1 ? ['tidegate', 'processes', 'framed', 'ws'] : ['tidegate', 'processes']
  if (centrifugo !== '') variants.push('centrifugo')
  const place = scenes.indexOf(scene)
  const figures: Partial<Record<Variant, Figures>> = await interleave(
    variants,
    bench.scale.gateRounds,
    (variant, round) =>
      measureScene(bench, scene, { variant, name: `${bench.prefix}.gate-${place}-${variant}-${round}`, centrifugo }),
  )
  return { rows: [...rowsOf(scene, figures, 'tidegate'), ...rowsOf(scene, figures, 'processes')], notes: [] }
}

const units = [
  ['cpu', 'CPU µs a delivery'],
  ['p50', 'ms, p50'],
  ['p99', 'ms, p99'],
] as const

function rowsOf(
  scene: Scene,
  figures: Readonly<Partial<Record<Variant, Figures>>>,
  ours: 'tidegate' | 'processes',
): readonly Row[] {
  const compared = [figures[ours], figures.ws, figures.framed, figures.centrifugo]
  const what = marked(ours === 'tidegate' ? scene.what : `${scene.what}, gateway.processes 2`, compared)
  const row = (unit: string, of: (from: Figures) => number, higherIsBetter = false): Row => {
    const [ourOwn = Number.NaN, naive = Number.NaN, limit = Number.NaN, centrifugo = Number.NaN] = compared.map(
      (each) => each && of(each),
    )
    return { what, unit, ours: ourOwn, naive, limit, centrifugo, higherIsBetter }
  }
  const rows = units.map(([figure, unit]) => row(unit, (from) => from[figure]))
  if (ours === 'tidegate') rows.push(row('deliveries a CPU second', ({ cpu }) => 1e6 / cpu, true))
  const isOfMemory = scene.channels === 1 && scene.clients >= memoryFrom
  return isOfMemory ? [...rows, row('KiB RSS a connection, worker included', ({ memory }) => memory)] : rows
}

/** From here on the clients, and not the server, may be what takes its time. */
const busiest = 0.9

/** What is measured, with a mark when a load client was too busy for the row to count. */
export function marked(what: string, figures: readonly (Readonly<Record<'busy', number>> | undefined)[]): string {
  const busy = Math.max(...figures.map((each) => each?.busy ?? 0))
  return busy > busiest ? `${what} (does not count: the load client was ${busy.toFixed(2)} busy)` : what
}
