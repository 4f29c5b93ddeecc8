import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { runGate, until } from '../conformance/transport.ts'
import { fuzzGate } from '../support/fuzz-gate.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heapUsed(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    collect()
    await sleep(50)
  }
  return process.memoryUsage().heapUsed
}

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCPSocketWrap|TCPWrap)$/.test(kind)).length

test('random, bent and hostile frames and handshakes are each answered, and leave nothing behind', {
  timeout: scale({ small: 120_000, full: 3_600_000 }),
}, async () => {
  const frames = scale({ small: 20_000, full: 1_000_000 })
  process.stderr.write(`seed ${seed}\n`)
  const random = seededRandom()
  const { gateway, buses } = await runGate({
    limits: { frameBytes: 65_536, frameTimeoutMs: 400, connectTimeoutMs: 10_000, handshakeTimeoutMs: 5000 },
  })
  for (let n = 0; n < 100; n++) buses.record([{ channel: `bus:${n % 3}`, key: `k${n}`, data: { n } }])
  const source = gateway.port.attachSource({
    connector: 'reports',
    channels: ['report:*', 'chat:*'],
    publish: async ({ data }) =>
      data.length % 2 === 0
        ? { ok: true }
        : { ok: false, code: 'invalid', message: 'It does not fit.', retryable: false },
  })
  const run = (count: number): ReturnType<typeof fuzzGate> =>
    fuzzGate({ port: gateway.address.port, frames: count, random, moreErrors: ['invalid'] })
  const left = (): object => {
    const { sessions, subscriptions, catchingUp, handshakes } = gateway.stats()
    return { sessions, subscriptions, catchingUp, handshakes, sockets: sockets() }
  }
  // What is made once is not taken for a leak.
  await run(frames / 20)
  await until(() => gateway.stats().sessions === 0)
  await sleep(500)
  const [before, heapBefore] = [left(), await heapUsed()]

  const startedAt = performance.now()
  const { answers, connections, handshakes } = await run(frames)
  const seconds = (performance.now() - startedAt) / 1000

  await until(() => gateway.stats().sessions === 0)
  await sleep(500)
  expect(left()).toEqual(before)
  const grown = (await heapUsed()) - heapBefore
  expect(grown).toBeLessThan(8 * 1024 * 1024)
  expect(gateway.isReady()).toBe(true)
  source.detach()

  const rows = [...answers].toSorted(([, a], [, b]) => b - a).map(([what, count]) => `| ${what} | ${count} |`)
  process.stdout.write(`${['| answer | times |', '| --- | --- |', ...rows].join('\n')}\n`)
  evidence('gate-fuzz', {
    frames,
    connections,
    'hostile handshakes': handshakes,
    seconds: Math.round(seconds),
    'heap grown (KiB, after gc)': Math.round(grown / 1024),
    ...Object.fromEntries(answers),
  })
})
