import { ConfigError } from '#api'

/** A node of the parsed expression: an operator and its operands, which are nodes, lists of nodes, names or literals. */
interface Node {
  readonly op: string
  readonly args: unknown
}

/** The only functions there are: each takes time that grows no faster than the record. */
const allowed = new Set(
  (
    'has size contains startsWith endsWith fits exists all exists_one indexOf substring lowerAscii upperAscii trim ' +
    'int double string bool timestamp type dyn getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear ' +
    'getHours getMinutes getSeconds getMilliseconds'
  ).split(' '),
)
const comprehensions = new Set(['exists', 'all', 'exists_one'])

/** Refuses what could take more time or memory than the record is worth. Throws `ConfigError`. */
export function checkBounds(node: unknown, inside = false): void {
  if (Array.isArray(node)) {
    for (const each of node) checkBounds(each, inside)
    return
  }
  if (!isNode(node)) return
  const name = node.op === 'call' || node.op === 'rcall' ? nameOf(node) : undefined
  if (name !== undefined) checkCall(name, inside)
  checkBounds(node.args, inside || (name !== undefined && comprehensions.has(name)))
}

function checkCall(name: string, inside: boolean): void {
  if (name === 'matches') {
    throw new ConfigError(
      '"matches" is not offered, since its expressions can take for ever; use "fits", which takes RE2’s',
    )
  }
  if (!allowed.has(name)) {
    throw new ConfigError(`there is no function "${name}"; there are ${[...allowed].toSorted().join(', ')}`)
  }
  if (inside && comprehensions.has(name)) {
    throw new ConfigError(
      `"${name}" stands inside another exists, all or exists_one; one of them at a time is the limit`,
    )
  }
}

const nameOf = ({ args }: Node): string | undefined =>
  Array.isArray(args) && typeof args[0] === 'string' ? args[0] : undefined

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value
