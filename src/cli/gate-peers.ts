import { ConnectError, type MaybePromise, NotFoundError } from '#api'
import type { GatePeers } from '../gateway/index.ts'
import type { WorkerPeers } from '../herder/index.ts'

export interface GatesOfCluster extends Pick<GatePeers, 'ask'> {
  /** The worker is in its cluster: until then there is nobody to ask, and nobody asks. */
  join(peers: WorkerPeers): void
  serve(what: string, handle: (body: Buffer) => MaybePromise<Buffer>): () => void
}

const portOf = (what: string): string => `gate/${what}`

/** What the gates of a cluster's workers ask of each other, by the workers' signed calls. */
export function createGatePeers(): GatesOfCluster {
  const handles = new Map<string, (body: Buffer) => MaybePromise<Buffer>>()
  const ends = new Map<string, () => void>()
  let peers: WorkerPeers | undefined
  const serve = (what: string, handle: (body: Buffer) => MaybePromise<Buffer>): void => {
    const end = peers?.serve(portOf(what), async (body) => handle(body))
    if (end) ends.set(what, end)
  }

  return {
    join(joined) {
      peers = joined
      for (const [what, handle] of handles) serve(what, handle)
    },
    serve(what, handle) {
      handles.set(what, handle)
      serve(what, handle)
      return () => {
        handles.delete(what)
        ends.get(what)?.()
        ends.delete(what)
      }
    },
    async ask(what, body, timeoutMs) {
      const cluster = peers
      if (!cluster) return []
      const signal = AbortSignal.timeout(timeoutMs)
      const urls = await cluster.others(signal)
      const answers = await Promise.all(urls.map((url) => askOne(cluster, url, portOf(what), body, signal)))
      return answers.filter((answer) => answer !== 'none')
    },
  }
}

/** `none`: the worker has no gate, as those of Kafka Connect itself. */
async function askOne(
  peers: WorkerPeers,
  url: string,
  port: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<Buffer | undefined | 'none'> {
  try {
    return await peers.call(url, port, body, signal)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return ConnectError.is(cause) && cause.code === NotFoundError.code ? 'none' : undefined
  }
}
