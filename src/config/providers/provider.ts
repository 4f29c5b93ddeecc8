/** Gives values for the names that placeholders ask for. */
export interface ConfigProvider {
  /** What is there of the keys under a path. Rejects with `ConfigError` when the path cannot be read. */
  get(path: string, keys: ReadonlySet<string>): Promise<Readonly<Record<string, string>>>
  /** Whether its values may change while the process runs. */
  readonly changes: boolean
}

/** What a provider is made from: `config.providers.<alias>.param.*`, and the process's environment. */
export interface ProviderContext {
  readonly alias: string
  readonly params: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Says that something was asked for which it may not give; the placeholder stays. */
  warn(fields: object, message: string): void
}

/** The most bytes of a file that a provider reads. */
export const maxFileBytes = 1_048_576
