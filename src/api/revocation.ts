/** Something that was taken back, on all workers until `until`. Plain data: it is kept in Kafka and crosses to gates. */
export interface Revocation {
  readonly id: string
  readonly of: RevokedThing
  /** Milliseconds since the epoch: when it was revoked. */
  readonly at: number
  /** Milliseconds since the epoch; absent: until it is deleted. */
  readonly until?: number | undefined
  readonly reason?: string | undefined
}

export type RevokedThing =
  /** All tokens of this subject that were issued before, or may have been: `gateway.auth.clockSkewS` counts. */
  | { readonly kind: 'user'; readonly user: string }
  /** One connection, and the tokens that it has and had, those of its subscriptions too. */
  | { readonly kind: 'session'; readonly session: string }
  /** One token: `jti:` and its `jti`, or `sha256:` and a hash of what it says. */
  | { readonly kind: 'token'; readonly token: string }
  /** Everything on the channels of a pattern, of one user or of all. */
  | { readonly kind: 'channels'; readonly channels: string; readonly user?: string | undefined }

export type RevocationChange =
  | { readonly made: Revocation; readonly ended?: undefined }
  /** The id of one that was deleted or has come to its end. */
  | { readonly ended: string; readonly made?: undefined }

/** What was revoked, shared by all workers of a cluster. */
export interface RevocationLog {
  /** Those in force. */
  all(): readonly Revocation[]
  /** Tells each change, of whichever worker. Answers what ends the telling. */
  onChange(tell: (change: RevocationChange) => void): () => void
  /** Resolves when it is stored. Rejects with `RetriableError` when it cannot be now, with `ConflictError` when there are too many. */
  add(revocation: Revocation): Promise<void>
  /** Resolves when that is stored; false: there was none of this id. */
  remove(id: string): Promise<boolean>
}
