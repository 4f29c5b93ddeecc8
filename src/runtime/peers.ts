/** How parts of a connector on different workers reach each other; every call between workers is signed with the cluster's session key. */
export interface Peers {
  /** This worker's advertised URL. */
  url(): string
  /** The URL of the worker that runs a task, as far as this worker knows; undefined when nobody does. */
  ownerOf(connector: string, task: number): string | undefined
  /** Answers calls to `port`, such as `lane/orders/3`, until what it returns is called. */
  serve(port: string, handle: (body: Buffer) => Promise<Buffer>): () => void
  /** Calls a port of a worker, this one included. Rejects with `RetriableError` when it cannot be reached or nobody serves the port there. */
  call(url: string, port: string, body: Buffer, signal: AbortSignal): Promise<Buffer>
}
