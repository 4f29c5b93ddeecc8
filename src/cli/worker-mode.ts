import type { Logger } from '#api'
import type { WorkerConfig } from '../config/index.ts'
import type { Herder, LogLevels, WorkerPeers } from '../herder/index.ts'
import type { WorkerDeps } from '../runtime/index.ts'
import type { Closers } from '../util/closers.ts'
import type { PeerClient } from '../util/peer-client.ts'

/** What a worker has in either mode, before it has a herder. */
export interface WorkerParts {
  readonly config: WorkerConfig
  readonly deps: Omit<WorkerDeps, 'topics' | 'offsets' | 'gateway' | 'peers' | 'exactlyOnce'>
  readonly levels: LogLevels
  readonly log: Logger
  readonly closers: Closers
  /** `http://host:port` of this worker's REST API, as others reach it; known once it listens. */
  url(): string
  /** Connections to the other workers of its cluster. */
  readonly peers: PeerClient
  readonly version: string
  readonly commit: string
}

/** A herder and what it needs, not at work yet. */
export interface WorkerMode {
  /** Undefined until there is one: until then nothing is answered but what is about the worker itself. */
  herder(): Herder | undefined
  /** Begins the work; REST listens by then. Rejects with what is wrong, or when `signal` aborts. */
  begin(signal: AbortSignal): Promise<void>
  /** Why the worker is not ready yet; undefined: its work has begun. */
  waitsFor(): string | undefined
  /** Why clients should go to other workers though its work has begun; undefined, or absent: nothing speaks against it. */
  lacks?(): string | undefined
  /** The other workers of its cluster; undefined: it has none, or none yet. */
  peers?(): WorkerPeers | undefined
}
