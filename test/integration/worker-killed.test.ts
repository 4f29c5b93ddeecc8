import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { numberedFeed } from '../support/numbered-feed.ts'
import { feedSource, follow, itemSink, numberSchema } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
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
  for (const count of [200, 500]) {
    await eventually(() => all.seqs.length > count)
    await worker.end('SIGKILL')
    worker = await home.start(declarations)
    await worker.ready()
  }
  await eventually(() => all.seqs.length > 900)
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
  expect(all.subscribed.slice(1).map(({ recovered }) => recovered)).toEqual([true, true])
  // The source came back with a cursor, not from the beginning.
  expect(feed.cursors.length).toBeGreaterThanOrEqual(3)
  expect(feed.cursors.slice(1).every((cursor) => Number(cursor) > 0)).toBe(true)
  expect(await worker.end('SIGTERM')).toBe(0)
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
