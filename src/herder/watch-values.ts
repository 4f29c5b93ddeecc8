import { type Logger, messageOf } from '#api'
import type { ConfigResolver, Redact, ResolvedConfig } from '../runtime/index.ts'

type RawConfig = Readonly<Record<string, string>>

export interface ValueWatch {
  readonly raw: RawConfig
  /** What `raw` became. */
  readonly resolved: ResolvedConfig
  readonly resolver: ConfigResolver
  readonly redact: Redact
  readonly log: Logger
  readonly signal: AbortSignal
  /** Runs work in the connector's turn, unless the signal has aborted by then. */
  later(work: () => Promise<void>): void
  /** Begins anew with the new values. */
  renew(): Promise<void>
}

/** Renews once when a value of a configuration provider has changed, unless `config.action.reload` is `none` or providers give less than before. */
export function watchValues(watch: ValueWatch): void {
  const { resolved, signal } = watch
  // Also where nothing was replaced: a provider may have the key later.
  if (resolved.props['config.action.reload'] === 'none' || signal.aborted) return
  resolved.onChange(signal, () => watch.later(() => look(watch)))
}

async function look(watch: ValueWatch): Promise<void> {
  const { raw, resolver, redact, log, renew } = watch
  const refused = await resolver.resolve(raw).then(
    ({ resolved }) =>
      [...watch.resolved.resolved].filter((key) => !resolved.has(key)).map((key) => `no value of ${key}`),
    (error: unknown) => [redact(messageOf(error))],
  )
  if (refused.length === 0) return renew()
  log.warn(
    { error: refused.join(', ') },
    'configuration providers give less than before, so the connector keeps what it has',
  )
  watchValues(watch)
}
