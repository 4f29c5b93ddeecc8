/** What convict is told of one setting. `format` is one of `formats.ts`. */
export interface SettingKey {
  readonly format: string | readonly string[]
  readonly default: string | number | boolean | null | readonly string[]
  readonly doc: string
  readonly min?: number
  readonly max?: number
  /** Never printed. */
  readonly sensitive?: boolean
}
