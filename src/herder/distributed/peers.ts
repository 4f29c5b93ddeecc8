import { ConnectError, NotFoundError, RetriableError } from '#api'
import type { Peers } from '../../runtime/index.ts'
import type { StatusStore } from '../../storage/index.ts'
import type { InternalClient } from './internal-client.ts'
import type { WorkerGroup } from './worker-group.ts'

export interface WorkerPeers extends Peers {
  /**
   * The URLs of all other workers, as far as they are known: by the leader's word, or its last one while nobody leads. Rejects when there
   * was none yet.
   */
  others(signal: AbortSignal): Promise<readonly string[]>
  /** Of another worker, to a port here. `NotFoundError` when nobody serves it. */
  answer(port: string, body: Buffer): Promise<Buffer>
}

export interface PeersOptions {
  readonly group: () => Pick<WorkerGroup, 'generation' | 'leaderUrl' | 'workerUrls'> | undefined
  readonly url: () => string
  readonly workerId: () => string
  readonly statuses: Pick<StatusStore, 'task'>
  readonly client: InternalClient
}

/** Of the leader: who is in the cluster. */
const workersPort = 'workers'

export function createPeers({ group, url, workerId, statuses, client }: PeersOptions): WorkerPeers {
  const ports = new Map<string, (body: Buffer) => Promise<Buffer>>()
  let known: { readonly generation: number; readonly urls: readonly string[] } | undefined

  ports.set(workersPort, async () => {
    const urls = group()?.workerUrls()
    if (!urls) throw new NotFoundError('This worker does not lead.')
    return Buffer.from(JSON.stringify(urls))
  })

  /** Anew after each rebalance. */
  async function learn(signal: AbortSignal): Promise<void> {
    const generation = group()?.generation() ?? -1
    const leader = group()?.leaderUrl()
    if (leader === undefined || leader === '' || known?.generation === generation) return
    const urls = readUrls(await call(leader, workersPort, Buffer.alloc(0), signal))
    known = { generation, urls }
  }

  async function call(to: string, port: string, body: Buffer, signal: AbortSignal): Promise<Buffer> {
    if (to === url()) {
      const handle = ports.get(port)
      if (!handle) throw new RetriableError(`Nobody serves ${port} on this worker at this moment.`)
      return handle(body)
    }
    const path = ['internal', ...port.split('/')]
    try {
      return await client.send({
        method: 'POST',
        url: to,
        path,
        body,
        port,
        contentType: 'application/octet-stream',
        signal,
      })
    } catch (cause) {
      // Whoever has it now is known soon.
      if (!NotFoundError.is(cause) || cause.code !== NotFoundError.code) throw cause
      throw new RetriableError(`Nobody serves ${port} on the worker at ${to} at this moment.`, { cause })
    }
  }

  return {
    url,
    ownerOf(connector, task) {
      const status = statuses.task(connector, task)
      if (status?.state !== 'RUNNING') return undefined
      // Statuses name hosts and ports alone; the workers of a cluster are alike.
      return status.workerId === workerId() ? url() : `${new URL(url()).protocol}//${status.workerId}/`
    },
    serve(port, handle) {
      ports.set(port, handle)
      return () => {
        // A successor may have it by now.
        if (ports.get(port) === handle) ports.delete(port)
      }
    },
    call,
    async others(signal) {
      try {
        await learn(signal)
      } catch (error) {
        if (!known) throw error
      }
      if (!known) throw new RetriableError('Nobody is known to lead the cluster at this moment.')
      return known.urls.filter((each) => each !== url())
    },
    async answer(port, body) {
      const handle = ports.get(port)
      if (!handle) throw new NotFoundError(`Nobody serves ${port} on this worker.`)
      return handle(body)
    },
  }
}

function readUrls(body: Buffer): readonly string[] {
  const urls: unknown = JSON.parse(body.toString())
  if (Array.isArray(urls) && urls.every((each): each is string => typeof each === 'string')) return urls
  throw new ConnectError('The leader did not answer with the workers of the cluster.')
}
