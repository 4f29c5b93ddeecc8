import { type ConfigKey, type ConfigKeys, defaultText } from '../../src/api/index.ts'
import { code, prose, table } from './markdown.ts'

/** The keys of a configuration, one table for each group. `prefix` stands before every key. */
export function configTables(keys: ConfigKeys, prefix = ''): string {
  const groups = new Map<string | undefined, [string, ConfigKey][]>()
  for (const [name, key] of Object.entries(keys)) groups.set(key.group, [...(groups.get(key.group) ?? []), [name, key]])
  if (groups.size === 0) return 'It has no properties.'
  return [...groups]
    .map(([group, entries]) => (group === undefined ? '' : `**${group}**\n\n`) + tableOf(entries, prefix))
    .join('\n\n')
}

function tableOf(entries: readonly (readonly [string, ConfigKey])[], prefix: string): string {
  const rows = entries.map(([name, key]) => [
    code(`${prefix}${name}`),
    key.type,
    defaultOf(key),
    key.importance,
    [prose(key.doc), valuesOf(key)].filter((text) => text !== '').join(' '),
  ])
  return table(['key', 'type', 'default', 'importance', 'what it does'], rows)
}

const valuesOf = ({ values }: ConfigKey): string =>
  values === undefined ? '' : `One of ${values.map(code).join(', ')}.`

/** As one would write it in a file. */
export function defaultOf(key: ConfigKey): string {
  if (!('default' in key)) return '**required**'
  const text = defaultText(key)
  if (text === null) return '–'
  return text === '' ? 'empty' : code(text)
}
