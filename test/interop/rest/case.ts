/** A conversation with a worker that both workers are put through. */
export interface Case {
  /** Unique; differences refer to it. */
  readonly name: string
  readonly steps: readonly Step[]
}

/**
 * One request. In `path` and `body` `{p}` stands for a name that no other case and no other worker uses, `{dir}` for a folder of this case's.
 */
export interface Step {
  /** Unique in its case; the method and path when absent. */
  readonly what?: string
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path?: string
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  /** `content-type: application/json` goes with every body unless said otherwise; `null` leaves it out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Where the request goes: `admin.listeners` when `admin`. */
  readonly on?: 'admin'
  /** What is seen beside REST, in place of a request: a file, records of a topic. Its text and names are made neutral like an answer's. */
  readonly look?: (subject: Subject) => Promise<unknown>
  /** Asked again until this holds: what is asynchronous in both. */
  readonly until?: (answer: Answer, subject: Subject) => boolean
  /** Something beside REST, before the request (or instead of it). */
  readonly before?: (subject: Subject) => Promise<void>
  /** Whether the error message is compared too: only where tools read it. */
  readonly message?: boolean
  /** Headers that are compared besides those that tools read everywhere. */
  readonly headersToo?: readonly string[]
  /** What of the body is compared. */
  readonly pick?: (body: unknown) => unknown
}

/** What a step may use of the worker under test. */
export interface Subject {
  readonly kind: 'java' | 'ours'
  readonly url: string
  /** All workers of its cluster, where there is one. */
  readonly cluster?: readonly string[]
  /** Of `admin.listeners`, where they are apart. */
  readonly adminUrl?: string
  readonly bootstrapServers: string
  /** This case's `{p}`. */
  readonly name: string
  readonly dir: string
}

export interface Answer {
  readonly status: number
  /** Those that tools read: content-type, location, allow and the like. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON where it is JSON, else text. */
  readonly body: unknown
}
