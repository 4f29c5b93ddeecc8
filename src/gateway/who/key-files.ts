import { type Logger, messageOf } from '#api'
import type { AuthSettings } from '../settings.ts'
import { readKeyTexts, type TokenKey, tokenKeysOf } from './token-keys.ts'

/** The secret and the keys in files, as they are now. */
export interface KeyFiles {
  keys(): readonly TokenKey[]
  /** Looks at the files, not more often than they are to be looked at. Open connections stay as they are. */
  look(now: number): void
}

export interface KeyFilesOptions {
  readonly auth: AuthSettings
  /** Throws for keys that are not enough. */
  readonly check: (keys: readonly TokenKey[]) => void
  /** How often (ms) the files are looked at. */
  readonly everyMs: number
  readonly log: Logger
}

/** Throws `ConfigError` for what cannot be used at the start; later the former keys stay. */
export async function openKeyFiles({ auth, check, everyMs, log }: KeyFilesOptions): Promise<KeyFiles> {
  const read = (texts: readonly string[]): readonly TokenKey[] => {
    const found = tokenKeysOf(auth, texts, log)
    check(found)
    return found
  }
  let texts = await readKeyTexts(auth.publicKeys)
  let keys = read(texts)
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking = false
  let told = ''
  const look = async (): Promise<void> => {
    try {
      const now = await readKeyTexts(auth.publicKeys)
      if (now.some((text, index) => text !== texts[index])) {
        keys = read(now)
        texts = now
        log.info({ files: auth.publicKeys }, 'the keys of tokens were read again')
      }
      told = ''
    } catch (error) {
      const reason = messageOf(error)
      if (reason !== told) log.error({ reason }, 'the changed keys of tokens cannot be used, and the former ones stay')
      told = reason
    }
  }
  return {
    keys: () => keys,
    look(now) {
      if (auth.publicKeys.length === 0 || looking || now - lookedAt < everyMs) return
      looking = true
      lookedAt = now
      void look().finally(() => {
        looking = false
      })
    },
  }
}
