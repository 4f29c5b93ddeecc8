import { NotFoundError, RetriableError } from '#api'
import type { Peers } from '../../runtime/index.ts'
import type { StatusStore } from '../../storage/index.ts'
import type { InternalClient } from './internal-client.ts'

export interface WorkerPeers extends Peers {
  /** Of another worker, to a port here. `NotFoundError` when nobody serves it. */
  answer(port: string, body: Buffer): Promise<Buffer>
}

export interface PeersOptions {
  readonly url: () => string
  readonly workerId: () => string
  readonly statuses: Pick<StatusStore, 'task'>
  readonly client: InternalClient
}

export function createPeers({ url, workerId, statuses, client }: PeersOptions): WorkerPeers {
  const ports = new Map<string, (body: Buffer) => Promise<Buffer>>()

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
    async call(to, port, body, signal) {
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
    },
    async answer(port, body) {
      const handle = ports.get(port)
      if (!handle) throw new NotFoundError(`Nobody serves ${port} on this worker.`)
      return handle(body)
    },
  }
}
