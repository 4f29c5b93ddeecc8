import type { Logger } from '#api'
import type { WorkerConfig } from '../config/index.ts'
import type { Herder, LogLevels } from '../herder/index.ts'
import type { WorkerDeps } from '../runtime/index.ts'
import type { Closers } from '../util/closers.ts'

/** What a worker has in either mode, before it has a herder. */
export interface WorkerParts {
  readonly config: WorkerConfig
  readonly deps: Omit<WorkerDeps, 'topics' | 'offsets' | 'gateway' | 'peers' | 'exactlyOnce'>
  readonly levels: LogLevels
  readonly log: Logger
  readonly closers: Closers
  /** `http://host:port` of this worker's REST API, as others reach it; known once it listens. */
  url(): string
  readonly version: string
  readonly commit: string
}

/** A herder and what it needs, not at work yet. */
export interface WorkerMode {
  readonly herder: Herder
  /** Begins the work; REST listens by then. Rejects with what is wrong. */
  begin(): Promise<void>
  /** Why the worker is not ready yet; undefined: its work has begun. */
  waitsFor(): string | undefined
}

/** Of the advertised URL, with the port always, as Kafka Connect names workers. */
export function workerIdOf(url: string): string {
  if (url === '') return ''
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}
