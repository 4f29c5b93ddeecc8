import { type Props, splitList } from '#api'
import { type Resolved, resolvedSecrets } from './redact.ts'
import { listOf } from './transform-chain.ts'
import type { ValidatedKey } from './validated-key.ts'

/** Shorter values would turn up in sentences that do not speak of them. */
const shortest = 4

/** Shows the keys that a provider has changed as they were written, and puts the placeholder where an error quotes the value. */
export function hideResolved(keys: readonly ValidatedKey[], raw: Props, config: Resolved): readonly ValidatedKey[] {
  if (config.resolved.size === 0) return keys
  const hidden = [...config.resolved].map((name) => {
    const secrets = resolvedSecrets({ ...config, resolved: new Set([name]) })
    const whole = config.props[name] ?? ''
    // A list is quoted with blanks, and by its items.
    const parts = [whole, splitList(whole).join(', '), ...secrets.flatMap((part) => [part, ...part.split(',')])]
    return { name, text: raw[name] ?? '', parts: [...new Set(parts.map((part) => part.trim()))].filter(isText) }
  })
  return withoutAliases(keys, raw, config).map((key) => {
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

/** The aliases that a provider gave are in the names of keys that follow them. */
function withoutAliases(keys: readonly ValidatedKey[], raw: Props, { props, resolved }: Resolved) {
  const given = ['transforms', 'predicates']
    .filter((list) => resolved.has(list))
    .flatMap((list) => listOf(props[list]).map((alias) => ({ list, alias, written: raw[list] ?? '' })))
  return keys.map((key) => {
    const own = given.find(({ list, alias }) => key.name.startsWith(`${list}.${alias}.`))
    return own ? renamed(key, own) : key
  })
}

function renamed(key: ValidatedKey, { list, alias, written }: { list: string; alias: string; written: string }) {
  const [from, to] = [`${list}.${alias}.`, `${list}.${written}.`]
  const named = (text: string) => text.replaceAll(from, () => to)
  const labelled = (text: string) => (text.endsWith(alias) ? text.slice(0, -alias.length) + written : text)
  const { name, errors, definition } = key
  const told = { ...key, name: named(name), errors: errors.map(named) }
  if (!definition) return told
  const { displayName, group, doc, dependents } = definition.key
  const own = {
    ...definition.key,
    ...(displayName !== undefined && { displayName: labelled(displayName) }),
    ...(group !== undefined && { group: group.replaceAll(`: ${alias}`, `: ${written}`) }),
    doc: doc.replaceAll(`"${alias}"`, `"${written}"`),
    ...(dependents && { dependents: dependents.map(named) }),
  }
  return { ...told, definition: { ...definition, key: own } }
}

const isText = (part: string): boolean => part !== ''

/** Replaces `part` by `written`, but not within what is `written` already. */
const outsideOf = (written: string, text: string, part: string): string =>
  text
    .split(written)
    .map((between) => between.replaceAll(part, () => written))
    .join(written)
