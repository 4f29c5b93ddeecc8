import { ConfigError } from '#api'

/** A field's name, or an array's index. */
export type Step = string | number

/**
 * Splits a path of Kafka's syntax V2 (KIP-821) into names: dots descend, backticks keep the dots of a name, a backslash keeps a backtick.
 * With `indexes`, `[0]` after a name (or first of all) is an element of an array; that is ours. Throws `ConfigError`.
 */
export function parsePath(path: string, { indexes = false }: { readonly indexes?: boolean } = {}): readonly Step[] {
  const steps: Step[] = []
  let rest = path
  do {
    rest = rest.startsWith('`') ? quoted(path, rest, steps, indexes) : bare(rest, steps, indexes)
    if (indexes) rest = indexed(rest, steps)
    if (rest !== '' && !rest.startsWith('.')) throw new ConfigError(`Unexpected "${rest}" in the path "${path}".`)
    if (rest === '.') steps.push('')
    rest = rest.slice(1)
  } while (rest !== '')
  return steps
}

function bare(rest: string, steps: Step[], indexes: boolean): string {
  const [name = ''] = (indexes ? /^(?:(?!\[\d+\]|\.).)*/s : /^[^.]*/).exec(rest) ?? []
  // An index with no name before it takes an element of the value itself.
  if (name !== '' || !(indexes && rest.startsWith('['))) steps.push(name)
  return rest.slice(name.length)
}

/** Only an unescaped backtick before a dot (or an index, or the end) closes a name; others belong to it. */
function quoted(path: string, rest: string, steps: Step[], indexes: boolean): string {
  for (let at = rest.indexOf('`', 1); at !== -1; at = rest.indexOf('`', at + 1)) {
    const after = rest.slice(at + 1)
    const closes = after === '' || after.startsWith('.') || (indexes && /^\[\d+\]/.test(after))
    if (closes && rest[at - 1] !== '\\') {
      steps.push(rest.slice(1, at).replace(indexes ? /\\`(?=\.|\[)/g : /\\`(?=\.)/g, '`'))
      return after
    }
  }
  throw new ConfigError(`Incomplete backtick pair in the path "${path}".`)
}

function indexed(rest: string, steps: Step[]): string {
  let left = rest
  for (let match = /^\[(\d+)\]/.exec(left); match; match = /^\[(\d+)\]/.exec(left)) {
    steps.push(Number(match[1]))
    left = left.slice(match[0].length)
  }
  return left
}
