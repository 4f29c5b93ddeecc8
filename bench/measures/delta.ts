import { deflateRawSync } from 'node:zlib'
import { createDelta } from 'fossil-delta'
import { makeFossilDelta } from '../../src/gateway/forms/fossil.ts'
import type { Bench, Findings, Row } from '../figures.ts'
import { interleave } from '../rounds.ts'

interface Kind {
  readonly what: string
  /** One version of the message after the other. */
  readonly texts: readonly Buffer[]
}

const versions = 200
/** Of one variant in one round. */
const roundMs = 300

/** What a delta costs and saves: beside the format's library for JavaScript, and framing the whole text, which is what a gate does without. */
export async function delta(bench: Bench): Promise<Findings> {
  const rows: Row[] = []
  for (const { what, texts } of kinds()) {
    const make = {
      ours: (former: Buffer, text: Buffer) => makeFossilDelta(former, text)?.length,
      naive: (former: Buffer, text: Buffer) => createDelta(former, text).length,
      limit: (_: Buffer, text: Buffer) => JSON.stringify(text.toString()).length,
    }
    const cost = await interleave(['ours', 'naive', 'limit'], bench.scale.rounds, async (variant) => ({
      us: microseconds(texts, make[variant]),
    }))
    bench.progress(`delta, ${what}: ${cost.ours.us.toFixed(1)} µs`)
    rows.push({
      what: `delta of ${what}: made`,
      unit: 'µs',
      ours: cost.ours.us,
      naive: cost.naive.us,
      limit: cost.limit.us,
    })
    rows.push({
      what: `delta of ${what}: sent`,
      unit: 'bytes',
      ours: mean(texts, (former, text) =>
        Math.min(sizeOf(makeFossilDelta(former, text) ?? text.toString()), sizeOf(text.toString())),
      ),
      naive: mean(texts, (_, text) => sizeOf(text.toString())),
      limit: mean(texts, (dictionary, text) => deflateRawSync(text, { dictionary }).length),
    })
  }
  return {
    rows,
    notes: [
      'Deltas: made once for each message and channel, whatever the number of subscribers. Cost: naive is the library fossil-delta, the limit is writing the whole text as a JSON string. Size, as a JSON string: naive is the whole text, the limit is deflate with the former text as its dictionary.',
    ],
  }
}

const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text))

function microseconds(texts: readonly Buffer[], make: (former: Buffer, text: Buffer) => unknown): number {
  let made = 0
  const began = performance.now()
  let ms = 0
  for (; ms < roundMs; ms = performance.now() - began) {
    for (const [at, text] of texts.entries()) {
      const former = texts[at - 1]
      if (former) make(former, text)
    }
    made += texts.length - 1
  }
  return (ms * 1000) / made
}

function mean(texts: readonly Buffer[], of: (former: Buffer, text: Buffer) => number): number {
  const sizes = texts.slice(1).map((text, at) => of(texts[at] ?? text, text))
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}

function kinds(): readonly Kind[] {
  const step = (from: number, n: number): number => Number((from + 0.0001 * n + 0.00001 * ((n * 7919) % 97)).toFixed(6))
  const bus = (id: number, n: number): object => ({ id: `bus-${id}`, lat: step(60.1, n), long: step(24.9, n) })
  const documentAt = (n: number): object => ({
    id: 'veh/0042',
    ts: 1_700_000_000_000 + n * 1000,
    position: { lat: step(60.1, n), long: step(24.9, n), bearing: n % 360 },
    route: { id: 'HSL:2550', headsign: 'Itäkeskus', agency: 'Helsingin seudun liikenne' },
    stops: Array.from({ length: 10 }, (_, at) => ({
      stop: `HSL:13${at}0104`,
      name: `Käpylä ${at}`,
      status: 'SCHEDULED',
    })),
  })
  const busesAt = (n: number): object => Array.from({ length: 150 }, (_, id) => bus(id, n - ((n + id) % 10)))
  const kind = (what: string, at: (n: number) => object): Kind => ({
    what,
    texts: Array.from({ length: versions }, (_, n) => Buffer.from(JSON.stringify(at(n)))),
  })
  return [
    kind('a document', documentAt),
    kind('an array of 150 buses, 15 of them changed', busesAt),
    kind('one bus', (n) => bus(12, n)),
  ].map(({ what, texts }) => ({ what: `${what} (${Math.round(mean(texts, (_, text) => text.length))} B)`, texts }))
}
