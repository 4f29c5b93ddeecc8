import type { Props } from '#api'
import { resolvedSecrets } from './redact.ts'
import type { ValidatedKey } from './validated-key.ts'

interface Resolved {
  readonly props: Props
  readonly resolved: ReadonlySet<string>
}

/** Shorter values would turn up in sentences that do not speak of them. */
const shortest = 4

/** Shows the keys that a provider has changed as they were written, and puts the placeholder where an error quotes the value. */
export function hideResolved(keys: readonly ValidatedKey[], raw: Props, config: Resolved): readonly ValidatedKey[] {
  if (config.resolved.size === 0) return keys
  const hidden = [...config.resolved].map((name) => {
    const secrets = resolvedSecrets(raw, { props: config.props, resolved: new Set([name]) })
    const whole = config.props[name] ?? ''
    // A list is quoted with blanks, and by its items.
    const parts = [whole, whole.split(/\s*,\s*/).join(', '), ...secrets.flatMap((part) => [part, ...part.split(',')])]
    return { name, text: raw[name] ?? '', parts: [...new Set(parts.map((part) => part.trim()))].filter(isText) }
  })
  return keys.map((key) => {
    const errors = key.errors.map((error) =>
      hidden.reduce(
        (text, { name, text: written, parts }) =>
          parts
            .filter((part) => name === key.name || part.length >= shortest)
            .toSorted((a, b) => b.length - a.length)
            .reduce((left, part) => outsideOf(written, left, part), text),
        error,
      ),
    )
    const isSecret = key.definition?.key.type === 'password'
    const shown = config.resolved.has(key.name) && !isSecret ? (raw[key.name] ?? null) : key.value
    return { ...key, value: shown, errors }
  })
}

const isText = (part: string): boolean => part !== ''

/** Replaces `part` by `written`, but not within what is `written` already. */
const outsideOf = (written: string, text: string, part: string): string =>
  text
    .split(written)
    .map((between) => between.replaceAll(part, written))
    .join(written)
