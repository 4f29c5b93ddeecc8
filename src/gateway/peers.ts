/** The other gates that serve the same channels: of all workers of a cluster, and all processes of one. */
export interface GatePeers {
  /** Asks each of them: their answers, and undefined for each that did not answer in time. */
  ask(what: string, body: Buffer, timeoutMs: number): Promise<readonly (Buffer | undefined)[]>
  /**
   * Answers when they ask, until what it returns is called. `from` is who asks, outermost first: a gate is named by the worker that links to
   * it, never by itself. When a gate is there no more, or no more in reach, `gone` is asked from it.
   */
  serve(what: string, handle: (body: Buffer, from: readonly string[]) => Buffer): () => void
}

/** A gate alone. */
export const noPeers: GatePeers = { ask: async () => [], serve: () => () => undefined }

/** What a peer sent as JSON; undefined: nothing came, or nothing of use. */
export function readPeer<T>(bytes: Buffer | undefined, isOne: (value: unknown) => value is T): T | undefined {
  if (!bytes) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return isOne(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
