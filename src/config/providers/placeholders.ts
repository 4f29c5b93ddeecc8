/** One `${provider:path:key}`; the path may be left out. */
export interface Placeholder {
  readonly provider: string
  readonly path: string
  readonly key: string
}

/** Kafka's own expression. */
const pattern = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g

export const placeholdersIn = (text: string): readonly Placeholder[] =>
  [...text.matchAll(pattern)].map(([, provider = '', path = '', key = '']) => ({ provider, path, key }))

/** Puts in what is known; a placeholder without a value stays as it is. */
export const fillIn = (text: string, valueOf: (placeholder: Placeholder) => string | undefined): string =>
  text.replace(
    pattern,
    (whole, provider: string, path: string | undefined, key: string) =>
      valueOf({ provider, path: path ?? '', key }) ?? whole,
  )
