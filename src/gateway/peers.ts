/** The other gates that serve the same channels: of all workers of a cluster, and all processes of one. */
export interface GatePeers {
  /** Asks each of them: their answers, and undefined for each that did not answer in time. */
  ask(what: string, body: Buffer, timeoutMs: number): Promise<readonly (Buffer | undefined)[]>
  /** Answers when they ask, until what it returns is called. */
  serve(what: string, handle: (body: Buffer) => Buffer): () => void
}

/** A gate alone. */
export const noPeers: GatePeers = { ask: async () => [], serve: () => () => undefined }
