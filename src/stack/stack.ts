import type { Clock } from '#api'

/** Kafka and a registry that answer. Both handles work on servers that ran before as well. */
export interface Stack {
  /** Its state: data, logs (`kafka.log`, `registry.log`), pid files. */
  readonly dir: string
  /** `host:port`. */
  readonly bootstrapServers: string
  /** The base URL of the Confluent API. */
  readonly registryUrl: string
  readonly kafka: KafkaHandle
  readonly registry: ServerHandle
  /** Stops what the call that made this stack started, and nothing else. */
  stop(): Promise<void>
}

export interface ServerHandle {
  /** Starts it again on the same port, with what it held. */
  start(): Promise<void>
  stop(): Promise<void>
}

export interface KafkaHandle extends ServerHandle {
  /** Waits for the end, except with SIGSTOP and SIGCONT. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/** What every way of starting a stack needs. */
export interface StackSettings {
  /** Where Kafka and the registry are kept for all checkouts. */
  readonly cacheDir: string
  /** The base URL of a Maven repository; when given, mvn is not asked. */
  readonly mavenRepository?: string | undefined
  /** Looked into before the PATH. */
  readonly javaHome?: string | undefined
  readonly clock: Clock
  /** Takes one line of text for the user. */
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** How long (ms) one server's start may take; 60 s by default. */
  readonly startTimeoutMs?: number
}

export interface StackOptions extends StackSettings {
  /** The state of this checkout's stack: data, logs, pid files. */
  readonly dir: string
  /** 0: any free port. Undefined: 9092, or another when that is taken. */
  readonly kafkaPort?: number | undefined
  /** 0: any free port. Undefined: 8081, or another when that is taken. */
  readonly registryPort?: number | undefined
  /** Whether the servers outlive this process (`tidegate stack up`); otherwise they end with it, however it ends. */
  readonly detached: boolean
  /** The project's docker-compose.yml, used when a Docker engine answers. */
  readonly composeFile?: string | undefined
}

export const defaultPorts = { kafka: 9092, registry: 8081 } as const
