import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { Logger } from '#api'
import { systemClock } from '../../src/util/clock.ts'
import { runGate, until } from '../conformance/transport.ts'
import { fuzzGate } from '../support/fuzz-gate.ts'
import { type HonestClient, honestClient } from '../support/honest-client.ts'
import { evidence, scale, seed } from '../support/scale.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heapUsed(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    collect()
    await sleep(50)
  }
  return process.memoryUsage().heapUsed
}

/** A failure shows this visit alone (`TIDEGATE_VISIT`). */
const only = process.env['TIDEGATE_VISIT'] === undefined ? undefined : Number(process.env['TIDEGATE_VISIT'])
const sockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCPSocketWrap|TCPWrap|Zlib)$/.test(kind)).length
const toMiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

test('random, bent and hostile frames and handshakes are each answered, leave nothing behind, and an honest client notices nothing', {
  timeout: scale({ small: 120_000, full: 3_600_000 }),
}, async () => {
  const frames = scale({ small: 20_000, full: 1_000_000 })
  process.stderr.write(`seed ${seed}\n`)
  const complaints: string[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn: (_facts, message) => void complaints.push(message),
    error: (facts, message) => void complaints.push(`${message} ${String((facts as { err?: unknown }).err)}`),
    child: () => log,
  }
  const { gateway, buses } = await runGate(
    {
      compression: 'channel',
      limits: { frameBytes: 65_536, frameTimeoutMs: 400, connectTimeoutMs: 10_000, handshakeTimeoutMs: 5000 },
    },
    // Soon full, so that it is not taken for a leak.
    { window: { maxBytes: 512 * 1024, maxAgeMs: 3_600_000 } },
    systemClock,
    log,
  )
  const source = gateway.port.attachSource({
    connector: 'reports',
    channels: ['report:*', 'chat:*'],
    publish: async ({ data }) =>
      data.length % 2 === 0
        ? { ok: true }
        : { ok: false, code: 'invalid', message: 'It does not fit.', retryable: false },
  })
  let recorded = 0
  const record = (): void => {
    const n = recorded++
    buses.record([{ channel: 'bus:honest', data: { n } }])
    buses.record([{ channel: `bus:${n % 9}`, key: `k${n % 100}`, data: { n, text: 'x'.repeat(n % 700) } }])
  }
  for (let n = 0; n < 3000; n++) record()
  const pulse = setInterval(record, 20)
  const honest = await honestClient(gateway, { channel: 'bus:honest', publishes: 'report:honest' })
  const isHonestServed = async (client: HonestClient): Promise<void> => {
    const last = recorded
    await until(() => client.next() > last)
    expect(client.findings()).toEqual([])
  }

  let visits = 0
  const run = async (count: number, rest?: () => Promise<void>): ReturnType<typeof fuzzGate> => {
    const { port } = gateway.address
    const counts = await fuzzGate({
      port,
      frames: count,
      seed,
      from: visits,
      only,
      moreErrors: ['invalid'],
      ...(rest ? { rest } : {}),
    })
    visits = counts.visits
    return counts
  }
  const left = (): object => {
    const { sessions, subscriptions, catchingUp, handshakes } = gateway.stats()
    return { sessions, subscriptions, catchingUp, handshakes, sockets: sockets() }
  }
  // What is made once, and caches that fill to their bounds, are not taken for a leak.
  await run(frames / 10)
  await until(() => gateway.stats().sessions === 1)
  await sleep(500)
  const before = left()
  const heap = [await heapUsed()]

  const startedAt = performance.now()
  const { answers, connections, handshakes } = await run(frames, async () => {
    await until(() => gateway.stats().sessions === 1)
    await isHonestServed(honest)
    heap.push(await heapUsed())
  })
  const seconds = (performance.now() - startedAt) / 1000

  await sleep(500)
  process.stderr.write(`heap (MiB): ${heap.map(toMiB).join(' ')}\n`)
  expect(left()).toEqual(before)
  expect(Math.max(...heap) - (heap[0] ?? 0)).toBeLessThan(8 * 1024 * 1024)
  expect(gateway.isReady()).toBe(true)
  await isHonestServed(honest)
  const later = await honestClient(gateway, { channel: 'bus:honest', publishes: 'report:honest', after: honest })
  await isHonestServed(later)
  clearInterval(pulse)
  await until(() => honest.unanswered() === 0)
  expect(complaints).toEqual([])
  source.detach()

  const rows = [...answers].toSorted(([, a], [, b]) => b - a)
  process.stdout.write(
    `${['| answer | times |', '| --- | --- |', ...rows.map(([what, count]) => `| ${what} | ${count} |`)].join('\n')}\n`,
  )
  evidence('gate-fuzz', {
    'frames sent, beside a ping of ours after each twenty or fewer': frames,
    connections,
    'of these with permessage-deflate': 'one in three',
    'hostile handshakes': handshakes,
    seconds: Math.round(seconds),
    'frames, connections and handshakes without an answer, an error or a close code of the table': 0,
    'warnings and errors in the log of the gate': complaints.length,
    'sessions, subscriptions, handshakes and sockets left': 0,
    'heap (MiB, after gc) before, and after each tenth': heap.map(toMiB).join(' '),
    'messages of an honest client meanwhile, none missing or twice': honest.messages(),
    'publications of the honest client meanwhile, all acknowledged': honest.published(),
    ...Object.fromEntries(rows.map(([what, count]) => [`answer: ${what}`, count])),
  })
})
