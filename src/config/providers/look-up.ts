import type { Props } from '#api'
import { fillIn, type Placeholder, placeholdersIn } from './placeholders.ts'
import type { ConfigProvider } from './provider.ts'

/** The keys that are asked of one path of one provider, and what they were. */
export interface LookedUp {
  readonly alias: string
  readonly provider: ConfigProvider
  readonly path: string
  readonly keys: ReadonlySet<string>
  readonly values: Readonly<Record<string, string>>
}

/** Asks the providers for all that the placeholders of some properties need, each path once. */
export async function lookUp(
  props: Props,
  providers: ReadonlyMap<string, ConfigProvider>,
): Promise<readonly LookedUp[]> {
  const wanted = new Map<string, { alias: string; path: string; provider: ConfigProvider; keys: Set<string> }>()
  for (const { provider: alias, path, key } of Object.values(props).flatMap((value) => placeholdersIn(value ?? ''))) {
    const provider = providers.get(alias)
    if (!provider) continue
    const at = `${alias}:${path}`
    const entry = wanted.get(at) ?? { alias, path, provider, keys: new Set<string>() }
    entry.keys.add(key)
    wanted.set(at, entry)
  }
  return Promise.all(
    [...wanted.values()].map(async (entry) => ({ ...entry, values: await entry.provider.get(entry.path, entry.keys) })),
  )
}

/** The properties with every value that was found, the names of those that have changed, and what was put into each of them. */
export function replace(
  props: Props,
  found: readonly LookedUp[],
): {
  readonly props: Props
  readonly resolved: ReadonlySet<string>
  readonly given: ReadonlyMap<string, readonly string[]>
} {
  const valueOf = ({ provider, path, key }: Placeholder): string | undefined => {
    const values = found.find((each) => each.alias === provider && each.path === path)?.values
    return values && Object.hasOwn(values, key) ? values[key] : undefined
  }
  const entries = Object.entries(props).map(([name, value]) => [name, value && fillIn(value, valueOf)] as const)
  const changed = entries.flatMap(([name, value]) => (value === props[name] ? [] : [name]))
  return {
    props: Object.fromEntries(entries),
    resolved: new Set(changed),
    given: new Map(
      changed.map((name) => [name, placeholdersIn(props[name] ?? '').flatMap((each) => valueOf(each) ?? [])]),
    ),
  }
}
