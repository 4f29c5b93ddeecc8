import { randomBytes } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger, Publication, SinkAttachment } from '#api'
import { toNamespaces } from '../../src/config/namespaces.ts'
import type { HubPort } from '../../src/gateway/index.ts'
import { createGateEnd, createWorkerEnd } from '../../src/gateway/index.ts'
import { decodeBatch, encodeBatch } from '../../src/gateway/link/batch-codec.ts'
import { systemClock } from '../../src/util/clock.ts'

// What a publication costs over a link beside the direct call: CPU of the worker's end and of the gate's, and bytes. Prints a table.
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const attachment: SinkAttachment = {
  connector: 'bench',
  templates: ['bus:#{value.id}'],
  rule: 'bench',
  identity: { clusterId: async () => 'bench', timestampAt: async () => 'beyond' },
  snapshot: { expireMs: 0, maxBytes: 67_108_864, maxEntries: 100_000 },
  window: { maxBytes: 16_777_216, maxAgeMs: 300_000 },
}
const limits = { maxQueuedBytes: 67_108_864, heartbeatMs: 5000 }
const total = 300_000

function batches(size: number, dataBytes: number): readonly (readonly Publication[])[] {
  const filler = randomBytes(Math.max(0, dataBytes - 30))
    .toString('hex')
    .slice(0, Math.max(0, dataBytes - 30))
  let n = 0
  return Array.from({ length: total / size }, () =>
    Array.from({ length: size }, (): Publication => {
      const bus = n % 200
      const origin = {
        topic: 'buses',
        partition: n % 6,
        offset: BigInt(Math.floor(n++ / 6)),
        timestamp: 1_700_000_000_000,
      }
      return {
        channel: `bus:${bus}`,
        key: String(bus),
        data: `{"id":${bus},"n":${n},"x":"${filler}"}`,
        origin,
        path: [],
      }
    }),
  )
}

const progressOf = (publications: readonly Publication[]) => {
  const last = publications.at(-1)
  return last ? [{ ...last.origin, offset: last.origin.offset + 1n }] : []
}

async function cpuOf(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / total
}

const opened = Array.from({ length: 6 }, (_, partition) => ({ topic: 'buses', partition, offset: 0n }))

/** A gate that takes what comes and does nothing with it. */
const sinkhole = (took: (count: number) => void): HubPort => ({
  attachSink: () => ({
    open() {},
    close() {},
    remember() {},
    publish: (publications) => took(publications.length),
    ready() {},
    upstream() {},
    detach() {},
  }),
  attachSource: () => ({ closeProducer() {}, detach() {} }),
})

async function measure(size: number, dataBytes: number): Promise<void> {
  const made = batches(size, dataBytes)
  let direct = 0
  const feed = sinkhole((count) => (direct += count)).attachSink(attachment)
  const call = await cpuOf(() => made.forEach((each) => feed.publish(each, progressOf(each))))
  const worker = createWorkerEnd({
    name: 'w',
    namespaces: toNamespaces({ bus: {} }),
    limits,
    readBytesPerS: 0,
    clock: systemClock,
    log: silent,
  })
  const own = worker.port.attachSink(attachment)
  own.open(opened)
  own.ready()
  // No gate is linked: what the worker keeps for those that come.
  const kept = await cpuOf(() => made.forEach((each) => own.publish(each, progressOf(each))))
  worker.stop()

  const linked = createWorkerEnd({
    name: 'w',
    namespaces: toNamespaces({ bus: {} }),
    limits,
    readBytesPerS: 0,
    clock: systemClock,
    log: silent,
  })
  let taken = 0
  const gate = createGateEnd({
    name: 'g',
    port: sinkhole((count) => (taken += count)),
    limits,
    clock: systemClock,
    log: silent,
  })
  const [a, b] = duplexPair()
  const far = linked.port.attachSink(attachment)
  far.open(opened)
  far.ready()
  linked.link(a, 'gate')
  gate.link(b, 'worker')
  for (let turn = 0; turn < 50; turn++) await nextTurn()
  const both = await cpuOf(async () => {
    for (const each of made) {
      far.publish(each, progressOf(each))
      await nextTurn()
    }
    while (taken < total) await nextTurn()
  })
  const frames = made.map((each) => encodeBatch('batch', [1], { publications: each, progress: progressOf(each) }))
  const encode = await cpuOf(() =>
    made.forEach((each) => encodeBatch('batch', [1], { publications: each, progress: progressOf(each) })),
  )
  const decode = await cpuOf(() => frames.forEach((frame) => decodeBatch(frame, 6)))
  const bytes = frames.reduce((sum, { length }) => sum + length, 0) / total
  const data = made.flat().reduce((sum, { data: text = '' }) => sum + text.length, 0) / total
  const us = (value: number): string => value.toFixed(2)
  process.stdout.write(
    `| ${size} | ${Math.round(data)} B | ${us(call)} | ${us(kept)} | ${us(encode)} | ${us(decode)} | ${us(both)} | ${bytes.toFixed(0)} B |\n`,
  )
  linked.stop()
  gate.stop()
}

process.stdout.write(
  '| publications a batch | data | direct call µs | kept for gates µs | encode µs | decode µs | both ends and stream µs | on the link |\n|---|---|---|---|---|---|---|---|\n',
)
for (const [size, dataBytes] of [
  [1, 41],
  [10, 41],
  [150, 41],
  [150, 512],
] as const)
  await measure(size, dataBytes)
process.exit()
