/** What one record becomes at one stage. Data only: REST and the command line print it. */
export interface PreviewStage {
  /** `key.converter`, `value.converter`, `header.converter`, the alias of a transformation, `route`, `message`. */
  readonly stage: string
  /** The class that ran, where one did. */
  readonly class?: string
  /** The records after this stage: none when it was dropped, several after a split. */
  readonly records: readonly PreviewedRecord[]
  /** Why the record would fail here, as the error operator would report it. */
  readonly error?: string
}

export interface PreviewedRecord {
  readonly topic: string
  readonly partition?: number
  readonly timestamp?: number
  readonly key: unknown
  readonly value: unknown
  readonly headers: readonly { readonly key: string; readonly value: unknown }[]
  /** Of the stages `route` and `message`. */
  readonly channel?: string
  readonly message?: string
}

export interface Preview {
  readonly records: readonly {
    readonly origin: { readonly topic: string; readonly partition: number; readonly offset: string }
    readonly stages: readonly PreviewStage[]
  }[]
  readonly warnings: readonly string[]
}
