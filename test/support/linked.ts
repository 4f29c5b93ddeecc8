import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect as connectSocket, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duplex, duplexPair } from 'node:stream'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Clock } from '#api'
import { toNamespaces } from '../../src/config/namespaces.ts'
import type { HubPort } from '../../src/gateway/hub.ts'
import { createGateEnd, type GateEnd } from '../../src/gateway/link/gate-end.ts'
import { createWorkerEnd, type WorkerEnd, type WorkerEndOptions } from '../../src/gateway/link/worker-end.ts'
import { systemClock } from '../../src/util/clock.ts'
import { silent } from '../unit/gateway/harness.ts'

export const linkLimits = { maxQueuedBytes: 64 * 1024 * 1024, heartbeatMs: 5000 }

export const makeWorkerEnd = (
  name = 'worker',
  clock: Clock = systemClock,
  limits = linkLimits,
  more: Partial<WorkerEndOptions> = {},
): WorkerEnd =>
  createWorkerEnd({
    name,
    namespaces: toNamespaces({ bus: {}, buses: {}, report: {}, chat: {} }),
    limits,
    readBytesPerS: 0,
    clock,
    log: silent,
    ...more,
  })

export const makeGateEnd = (port: HubPort, clock: Clock = systemClock): GateEnd =>
  createGateEnd({ name: 'gate', port, limits: linkLimits, clock, log: silent })

/** Stops what ends links when the test ends. */
export function untilTestEnds<T extends { stop(): void }>(end: T): T {
  onTestFinished(() => end.stop())
  return end
}

/** Links both until the test ends or the pair is closed. `name`: the gate's, as its worker has it. */
export async function linkInMemory(worker: WorkerEnd, gate: GateEnd, name = 'gate'): Promise<Pair> {
  const pair = await memoryPair()
  onTestFinished(() => pair.close())
  worker.link(pair.worker, name)
  gate.link(pair.gate, 'worker')
  return pair
}

/** Two ends of a stream, and what takes them away. */
export interface Pair {
  readonly worker: Duplex
  readonly gate: Duplex
  close(): Promise<void>
}

export async function memoryPair(): Promise<Pair> {
  const [worker, gate] = duplexPair()
  return {
    worker,
    gate,
    async close() {
      worker.destroy()
      gate.destroy()
    },
  }
}

export async function unixPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-link-'))
  const path = join(folder, 'link.sock')
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  const pair = await meet(server, 'connection', () => connectSocket(path))
  return {
    ...pair,
    async close() {
      await pair.close()
      await rm(folder, { recursive: true })
    },
  }
}

export async function tlsPair(keys: { readonly key: string; readonly cert: string }): Promise<Pair> {
  const server = createTlsServer({ ...keys, ca: keys.cert, requestCert: true, rejectUnauthorized: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return meet(server, 'secureConnection', () =>
    connectTls({ ...keys, ca: keys.cert, port, host: '127.0.0.1', servername: 'localhost' }),
  )
}

async function meet(server: Server, event: string, dial: () => Duplex): Promise<Pair> {
  const accepted = once(server, event)
  const worker = dial()
  const [gate] = (await accepted) as [Duplex]
  return {
    worker,
    gate,
    async close() {
      worker.destroy()
      gate.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
