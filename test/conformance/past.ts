import { expect, onTestFinished, test } from 'vitest'
import type { Publication, ReplayRange, SinkPast } from '#api'
import { RetriableError } from '#api'
import { eventually } from '../support/eventually.ts'

/** A sink's topic, of which each record became one publication, and what reads it back. */
export interface PastSubject {
  readonly past: SinkPast
  readonly topic: string
  /** Appends records with these numbers as their data; resolves when they can be read. */
  append(partition: number, numbers: readonly number[], at?: number): Promise<void>
  /** Appends what takes offsets and is no record, such as an aborted transaction. */
  appendGap(partition: number): Promise<void>
  /** Deletes what lies before the offset. */
  cut(partition: number, offset: bigint): Promise<void>
}

export interface PastOptions {
  readonly partitions: number
  readonly isCompacted?: boolean
}

/** What every past of a sink keeps to. */
export function testPast(what: string, start: (options: PastOptions) => Promise<PastSubject>): void {
  /** The numbers by partition, and where each partition was left. */
  async function read({ past, topic }: PastSubject, wanted: readonly (readonly [number, number, number])[]) {
    const ranges = wanted.map(([partition, from, to]) => ({ topic, partition, from: BigInt(from), to: BigInt(to) }))
    const life = new AbortController()
    const found = new Map<number, { numbers: number[]; offsets: number[]; reached: number }>()
    let bytes = 0
    for await (const batch of past.read(ranges, life.signal)) {
      expect(batch.bytes).toBeGreaterThanOrEqual(0)
      bytes += batch.bytes
      const of = (partition: number) => {
        const known = found.get(partition) ?? { numbers: [], offsets: [], reached: -1 }
        found.set(partition, known)
        return known
      }
      for (const { data, origin } of batch.publications) {
        of(origin.partition).numbers.push(Number(data))
        of(origin.partition).offsets.push(Number(origin.offset))
      }
      for (const { partition, offset } of batch.progress) {
        expect(Number(offset)).toBeGreaterThan(of(partition).reached)
        of(partition).reached = Number(offset)
      }
    }
    return { found: Object.fromEntries(found), bytes }
  }
  const boundsOf = async ({ past }: PastSubject, partition = 0) =>
    (await past.bounds()).find((each) => each.partition === partition)
  const offsetOf = async ({ past }: PastSubject, timestamp: number, partition = 0) =>
    Number((await past.offsetsAt(timestamp)).find((each) => each.partition === partition)?.offset)

  test(`${what}: knows where each partition begins and ends, an empty one too`, async () => {
    const subject = await start({ partitions: 2 })
    await subject.append(1, numbers(0, 3))
    const { topic } = subject
    const bounds = (await subject.past.bounds()).toSorted((a, b) => a.partition - b.partition)
    expect(bounds).toMatchObject([
      { topic, partition: 0, low: 0n, high: 0n, isCompacted: false },
      { topic, partition: 1, low: 0n, high: 3n, isCompacted: false },
    ])
    const empty = await read(subject, [[0, 0, 0]])
    expect(empty.found).toEqual({})
  })

  test(`${what}: brings ranges of several partitions whole, in the order of each, and nothing beside them`, async () => {
    const subject = await start({ partitions: 3 })
    await subject.append(0, numbers(0, 300))
    await subject.append(1, numbers(1000, 1200))
    await subject.append(2, numbers(5000, 5010))
    const { found, bytes } = await read(subject, [
      [1, 0, 200],
      [0, 10, 290],
    ])
    expect(found).toEqual({
      0: { numbers: numbers(10, 290), offsets: numbers(10, 290), reached: 290 },
      1: { numbers: numbers(1000, 1200), offsets: numbers(0, 200), reached: 200 },
    })
    expect(bytes).toBeGreaterThan(0)
  })

  test(`${what}: ends at once without ranges, and where a range is empty`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, numbers(0, 5))
    expect((await read(subject, [])).found).toEqual({})
    expect((await read(subject, [[0, 3, 3]])).found).toEqual({})
  })

  test(`${what}: passes over what is no record, also where a range ends with it`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, [0, 1])
    await subject.appendGap(0)
    const second = Number((await boundsOf(subject))?.high)
    await subject.append(0, [2])
    await subject.appendGap(0)
    const high = Number((await boundsOf(subject))?.high)
    const all = await read(subject, [[0, 0, high]])
    expect(all.found).toEqual({ 0: { numbers: [0, 1, 2], offsets: [0, 1, second], reached: high } })
    const gap = await read(subject, [[0, 2, second]])
    expect(gap.found).toEqual({ 0: { numbers: [], offsets: [], reached: second } })
  })

  test(`${what}: refuses what was deleted and never passes over it`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, numbers(0, 20))
    await subject.cut(0, 8n)
    expect(await boundsOf(subject)).toMatchObject({ low: 8n, high: 20n })
    await expect(read(subject, [[0, 7, 20]])).rejects.toThrow(RetriableError)
    expect((await read(subject, [[0, 8, 20]])).found).toMatchObject({ 0: { numbers: numbers(8, 20) } })
  })

  test(`${what}: knows of a topic that it is compacted`, async () => {
    const subject = await start({ partitions: 1, isCompacted: true })
    expect(await boundsOf(subject)).toMatchObject({ isCompacted: true })
  })

  test(`${what}: finds the first record at or after a time, and the end when there is none`, async () => {
    const subject = await start({ partitions: 2 })
    const now = Date.now()
    for (const [index, ago] of [3000, 2000, 1000].entries()) await subject.append(0, [index], now - ago)
    expect(await offsetOf(subject, 0)).toBe(0)
    expect(await offsetOf(subject, now - 2500)).toBe(1)
    expect(await offsetOf(subject, now - 2000)).toBe(1)
    expect(await offsetOf(subject, now)).toBe(3)
    expect(await offsetOf(subject, 0, 1)).toBe(0)
    await subject.cut(0, 2n)
    expect(await offsetOf(subject, 0)).toBe(2)
  })

  test(`${what}: refuses to begin beyond the end`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, [0, 1])
    await expect(read(subject, [[0, 5, 9]])).rejects.toThrow(RetriableError)
  })

  test(`${what}: waits for records that are not there yet, and ends when it is aborted`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, [0, 1])
    const [life, seen] = [new AbortController(), [] as Publication[]]
    onTestFinished(() => life.abort())
    const range: ReplayRange = { topic: subject.topic, partition: 0, from: 0n, to: 5n }
    const reading = (async () => {
      for await (const { publications } of subject.past.read([range], life.signal)) seen.push(...publications)
      return 'whole'
    })().catch(() => 'aborted')
    await eventually(() => seen.length === 2)
    await subject.append(0, [2, 3])
    await eventually(() => seen.length === 4)
    life.abort(new Error('enough'))
    expect(await reading).toBe('aborted')
    expect(seen.map(({ data }) => Number(data))).toEqual([0, 1, 2, 3])
  })

  test(`${what}: reads nothing once it is aborted, and may be left in the middle`, async () => {
    const subject = await start({ partitions: 1 })
    await subject.append(0, numbers(0, 1500))
    const range: ReplayRange = { topic: subject.topic, partition: 0, from: 0n, to: 1500n }
    const life = new AbortController()
    let count = 0
    for await (const { publications } of subject.past.read([range], life.signal)) {
      count += publications.length
      if (count > 0) break
    }
    expect(count).toBeLessThan(1500)
    const after: Publication[] = []
    const reading = (async () => {
      for await (const { publications } of subject.past.read([range], life.signal)) {
        if (life.signal.aborted) after.push(...publications)
        life.abort(new Error('enough'))
      }
    })()
    await expect(reading).rejects.toThrow('enough')
    expect(after).toEqual([])
    await expect(countBatches(subject.past, range, life.signal)).rejects.toThrow('enough')
  })
}

async function countBatches(past: SinkPast, range: ReplayRange, signal: AbortSignal): Promise<number> {
  let batches = 0
  for await (const _ of past.read([range], signal)) batches++
  return batches
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
