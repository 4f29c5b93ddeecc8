import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Clock, type Logger, messageOf } from '#api'
import type { WorkerLinkSettings } from '../config/index.ts'
import type { WorkerEnd } from '../gateway/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { readLinkTls } from './link-tls.ts'

export interface DialOptions {
  readonly link: WorkerLinkSettings
  readonly workerEnd: WorkerEnd
  readonly clock: Clock
  readonly log: Logger
}

const backoff = { initialMs: 250, maxMs: 5000, jitter: 0.5 }
const connectMs = 10_000

/** Keeps a link to each gate, again and again. Throws `ConfigError` when it has no keys for it. */
export async function dialGates(options: DialOptions): Promise<{ stop(): Promise<void> }> {
  const { gates } = options.link
  if (gates.some((gate) => gate.startsWith('tls:'))) await readLinkTls(options.link, 'gateway.link')
  const life = new AbortController()
  const dialled = gates.map((gate) => keepLinked(gate, options, life.signal))
  return {
    async stop() {
      life.abort()
      await Promise.all(dialled)
    },
  }
}

async function keepLinked(
  gate: string,
  { link, workerEnd, clock, log }: DialOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; await clock.sleep(backoffDelay(attempt++, backoff), signal)) {
    try {
      const socket = await dial(gate, link)
      attempt = 0
      await new Promise<void>((resolve) => {
        const close = (): void => linked.close('The worker ends.')
        const closed = (): void => {
          signal.removeEventListener('abort', close)
          resolve()
        }
        const linked = workerEnd.link(socket, gate, { closed })
        if (signal.aborted) close()
        else signal.addEventListener('abort', close, { once: true })
      })
    } catch (error) {
      log.warn({ gate, reason: messageOf(error) }, 'gate cannot be linked yet')
    }
  }
}

async function dial(gate: string, link: WorkerLinkSettings): Promise<Socket> {
  const late = AbortSignal.timeout(connectMs)
  const open = async (socket: Socket, event: string): Promise<Socket> => {
    try {
      await once(socket, event, { signal: late })
      return socket.setNoDelay()
    } catch (error) {
      socket.destroy()
      throw error
    }
  }
  if (gate.startsWith('unix:')) return open(connect(gate.slice('unix:'.length)), 'connect')
  const { hostname, port } = new URL(gate)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  // Read each time, so that a certificate that was renewed is used.
  const keys = await readLinkTls(link, 'gateway.link')
  return open(connectTls({ host, port: Number(port), ...keys, minVersion: 'TLSv1.3' }), 'secureConnect')
}
