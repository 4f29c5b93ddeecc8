import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IngressAnswer } from '#api'
import { type ClusterOptions, startLaneCluster } from './lane-cluster.ts'

const perProducer = 24
const window = 8
const producers = ['a', 'b', 'c']

/** Small and seeded, so that a failing run can be run again. */
function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Cluster = Awaited<ReturnType<typeof startLaneCluster>>

/** A client as it should be: after each break it resends from its lowest unanswered id, to any door. */
async function publishAll({ doors }: Cluster, producer: string, random: () => number): Promise<void> {
  let session = 0
  for (let lowest = 1; lowest <= perProducer; ) {
    const door = doors[Math.floor(random() * doors.length)]
    const from = { client: 'rider', producer, session: `${producer}-${session++}` }
    door?.connect(from)
    const ids = Array.from({ length: Math.min(window, perProducer - lowest + 1) }, (_, at) => lowest + at)
    const answers = ids.map((id) =>
      door?.publish({ ...from, messageId: id, data: `{"n":${id}}` }).then((answer) => ({ id, answer })),
    )
    const answered = new Map<number, IngressAnswer>()
    const all = Promise.all(answers.map(async (each) => each?.then(({ id, answer }) => answered.set(id, answer))))
    const isBroken = random() < 0.4
    await (isBroken ? Promise.race([all, new Promise((resolve) => setTimeout(resolve, random() * 8))]) : all)
    door?.disconnect(from.session)
    while (answered.get(lowest)?.ok) lowest++
    const refused = answered.get(lowest)
    if (refused && !refused.ok && !refused.retryable && refused.code !== 'producer_taken_over')
      throw new Error(`${producer} ${lowest} was refused for good: ${refused.code}`)
  }
}

let crashes = 0

async function violations(seed: number, more: ClusterOptions = {}): Promise<readonly string[]> {
  const random = seeded(seed)
  const cluster = await startLaneCluster({ doors: 3, trouble: 0.12, random, ...more })
  await Promise.all(producers.map((producer) => publishAll(cluster, producer, random)))
  crashes += cluster.crashes()
  const whole = Array.from({ length: perProducer }, (_, at) => at + 1).join()
  return producers.flatMap((producer) => {
    const stored = cluster.stored({ producer: JSON.stringify(['rider', producer]) }).join()
    return stored === whole ? [] : [`${producer}: ${stored}`]
  })
}

test('each id of each producer is stored once and in order, whatever lanes, calls and connections do', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      expect(await violations(seed)).toEqual([])
    }),
    { numRuns: 40 },
  )
  expect(crashes).toBeGreaterThan(40)
})

test('the same clients find a lane out that knows ids of its own process only', { timeout: 60_000 }, async () => {
  let found: readonly string[] = []
  for (let seed = 1; seed <= 20 && found.length === 0; seed++) found = await violations(seed, { list: () => [] })
  expect(found).not.toEqual([])
})
