import { type Clock, type Logger, messageOf, type Props } from '#api'
import { createProviders } from './providers/create-providers.ts'
import { type LookedUp, lookUp, replace } from './providers/look-up.ts'
import { workerConfig } from './worker-keys.ts'

/** As the runtime's `ResolvedConfig`. */
export interface ResolvedProps {
  readonly props: Props
  readonly resolved: ReadonlySet<string>
  readonly given: ReadonlyMap<string, readonly string[]>
  onChange(signal: AbortSignal, changed: () => void): void
}

export interface ConfigResolver {
  /** Rejects with `ConfigError` when a provider fails; an unknown provider or key stays as it is. */
  resolve(props: Props): Promise<ResolvedProps>
  /** Ends all watching. */
  close(): void
}

export interface ResolverOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Watch {
  readonly found: readonly LookedUp[]
  readonly changed: () => void
}

/**
 * Puts in what the worker's config providers give. Files are read again every `config.providers.reload.ms`, by one loop for all and
 * only while somebody watches: `fs.watch` misses the swapped links of Kubernetes. Throws `ConfigError` when the providers are wrong.
 */
export function createConfigResolver(workerProps: Props, { clock, log, env }: ResolverOptions): ConfigResolver {
  const providers = createProviders(workerProps, { env, warn: (fields, message) => log.warn(fields, message) })
  const reload = workerConfig.validate(workerProps).find(({ name }) => name === 'config.providers.reload.ms')
  const reloadMs = typeof reload?.value === 'number' ? reload.value : 10_000
  const watches = new Set<Watch>()
  const closed = new AbortController()
  let running = false

  async function watch(): Promise<void> {
    try {
      while (watches.size > 0) {
        await clock.sleep(reloadMs, closed.signal)
        for (const each of watches) {
          if (!(await hasChanged(each)) || !watches.delete(each)) continue
          each.changed()
        }
      }
    } finally {
      running = false
    }
  }

  async function hasChanged({ found }: Watch): Promise<boolean> {
    for (const { alias, provider, path, keys, values } of found) {
      try {
        const now = await provider.get(path, keys)
        const gone = [...keys].filter((key) => Object.hasOwn(values, key) && !Object.hasOwn(now, key))
        // While a file is being written it may be there in part; the next round sees the rest.
        if (gone.length > 0)
          log.warn(
            { provider: alias, path, keys: gone },
            'config provider no longer has a key, so what it gave is kept',
          )
        else if ([...keys].some((key) => now[key] !== values[key])) return true
      } catch (error) {
        // While a file is being replaced it may be away; the next round sees it.
        log.warn({ provider: alias, path, error: messageOf(error) }, 'config provider could not read again')
      }
    }
    return false
  }

  function start(): void {
    if (running) return
    running = true
    watch().catch((error: unknown) => log.error({ error }, 'config providers are watched no more'))
  }

  return {
    async resolve(props) {
      const found = await lookUp(props, providers)
      const watched = found.filter(({ provider }) => provider.changes)
      return {
        ...replace(props, found),
        onChange(signal, changed) {
          if (watched.length === 0 || signal.aborted || closed.signal.aborted) return
          const entry = { found: watched, changed }
          watches.add(entry)
          signal.addEventListener('abort', () => watches.delete(entry), { once: true })
          start()
        },
      }
    },
    close() {
      watches.clear()
      closed.abort()
    },
  }
}
