import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { numberedFeed } from '../support/numbered-feed.ts'
import { feedSource, follow, itemSink, numberSchema } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'
import { kafkaClient, readAll } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)

test('after kill -9 in the middle, every record is delivered, source offsets continue, and clients miss nothing', {
  timeout: 120_000,
}, async () => {
  const registryUrl = inject('registry')
  const topic = `killed.${randomUUID()}`
  await kafkaClient().createTopic(topic, { partitions: 3, replicationFactor: 1 })
  await register(`${topic}-value`, numberSchema)
  const feed = await numberedFeed(5)
  const home = await workerHome(inject('kafka'))
  const declarations = [feedSource('feed', feed.url, topic, registryUrl), itemSink('items', topic, registryUrl)]

  let worker = await home.start(declarations)
  await worker.ready()
  const all = follow(worker.socketUrl, 'all')
  const one = follow(worker.socketUrl, 'item:k3')
  await eventually(() => all.subscribed.length === 1 && one.subscribed.length === 1)
  feed.start()
  const kills = scale({ small: 2, full: 20 })
  const random = seededRandom()
  process.stderr.write(`seed ${seed}\n`)
  for (let kill = 0; kill < kills; kill++) {
    const until = all.seqs.length + 50 + Math.floor(random() * 300)
    await eventually(() => all.seqs.length > until, { timeoutMs: 30_000, what: `message ${until}` })
    await worker.end('SIGKILL')
    worker = await home.start(declarations)
    await worker.ready()
  }
  const enough = all.seqs.length + 200
  await eventually(() => all.seqs.length > enough, { timeoutMs: 30_000 })
  feed.stop()

  const stored = await eventually(async () => {
    const records = await readAll(topic, feed.made())
    const seqs = records.map(({ value }) => decodeSeq(value))
    return new Set(seqs).size === feed.made() && seqs
  })
  await eventually(() => all.seqs.length >= stored.length, { what: 'every record of the topic at the client' })
  // At least once into the topic; from the topic to each client exactly once, across both kills.
  expect(sorted(all.seqs)).toEqual(sorted(stored))
  await eventually(() => one.seqs.length >= stored.filter((seq) => seq % 7 === 3).length)
  expect(one.seqs.filter((seq, index) => one.seqs.indexOf(seq) === index)).toEqual(sorted([...new Set(one.seqs)]))
  expect(sorted(one.seqs)).toEqual(sorted(stored.filter((seq) => seq % 7 === 3)))
  expect(all.subscribed.slice(1).map(({ recovered }) => recovered)).toEqual(Array.from({ length: kills }, () => true))
  // The source came back with a cursor, not from the beginning.
  expect(feed.cursors.length).toBeGreaterThanOrEqual(3)
  expect(feed.cursors.slice(1).every((cursor) => Number(cursor) > 0)).toBe(true)
  expect(await worker.end('SIGTERM')).toBe(0)
  evidence('worker-killed', {
    kills,
    'messages made by the feed': feed.made(),
    'records in the topic (repeats are the source’s, at least once)': stored.length,
    'of these, repeated': stored.length - new Set(stored).size,
    'made by the feed and missing in the topic': feed.made() - new Set(stored).size,
    'delivered to the client that follows all': all.seqs.length,
    'in the topic and missing at the client, or twice': Math.abs(all.seqs.length - stored.length),
    'resumes with `recovered: true`': all.subscribed.filter(({ recovered }) => recovered === true).length,
  })
})

/** `seq` is the first field: a zigzag varint after the five bytes of the wire format. */
function decodeSeq(value: Buffer | null): number {
  let result = 0n
  for (let at = 5, shift = 0n; value; at++, shift += 7n) {
    const byte = value[at] ?? 0
    result |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return Number((result >> 1n) ^ -(result & 1n))
}
