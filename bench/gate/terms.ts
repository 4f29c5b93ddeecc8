import type { Bench, Findings, Row } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { measureScene, oneChannel, type Scene } from './scene.ts'
import { marked } from './steady.ts'

interface Terms {
  readonly words: string
  readonly terms: object
  readonly share?: number
}

const kinds: readonly Terms[] = [
  { words: 'plain', terms: {}, share: 1 },
  { words: 'delta', terms: { delta: 'fossil' }, share: 1 },
  { words: 'filter that lets all through', terms: { filter: 'value.at > 0' }, share: 1 },
  { words: 'filter that lets nothing through', terms: { filter: 'value.at < 0' }, share: 0 },
  { words: 'latest', terms: { delivery: 'latest' } },
  { words: 'latest, 10/s at most', terms: { delivery: 'latest', maxRate: 10 } },
]

/** What the server does for each client by the terms of its subscription, beside plain subscriptions. */
export async function terms(bench: Bench): Promise<Findings> {
  const clients = Math.min(1000, bench.connections, Math.max(...bench.scale.clients))
  const plain = oneChannel(clients, 100)
  const scenes = kinds.map(
    ({ words, terms: asked, share }): Scene => ({
      ...plain,
      what: `${plain.what}, ${words}`,
      terms: asked,
      share,
    }),
  )
  const words = kinds.map((kind) => kind.words)
  const figures = await interleave(words, bench.scale.gateRounds, (kind, round) => {
    const place = words.indexOf(kind)
    const name = `${bench.prefix}.terms-${place}-${round}`
    return measureScene(bench, scenes[place] ?? plain, { variant: 'tidegate', name, centrifugo: '' })
  })
  const limit = figures['plain']?.offered ?? Number.NaN
  const rows = words.slice(1).map(
    (kind): Row => ({
      what: marked(`${plain.what}, ${kind}`, [figures[kind]]),
      unit: 'CPU µs a message and client',
      ours: figures[kind]?.offered ?? Number.NaN,
      naive: Number.NaN,
      limit,
    }),
  )
  return {
    rows,
    notes: [
      'Terms: the CPU of the worker for each message of the channel and client, sent or not; the limit is a subscription without terms.',
    ],
  }
}
