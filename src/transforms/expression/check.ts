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
/** Their time grows with both operands, so that for each element only the element itself and what is written may take part. */
const costly = new Set(['+', 'in', 'call', 'rcall'])
/** Their time grows with the smaller operand. */
const compared = new Set(['==', '!=', '<', '<=', '>', '>='])

/** Refuses what could take more time or memory than the record is worth. Throws `ConfigError`. */
export function checkBounds(node: unknown, element?: string): void {
  if (Array.isArray(node)) {
    for (const each of node) checkBounds(each, element)
    return
  }
  if (!isNode(node)) return
  const call = callOf(node)
  if (call) checkCall(call.name, element !== undefined)
  if (element !== undefined) checkElementWise(node, element)
  if (call && comprehensions.has(call.name)) {
    const [variable, ...rest] = call.operands
    checkBounds(call.receiver)
    checkBounds(rest, isNode(variable) ? String(variable.args) : '')
  } else checkBounds(node.args, element)
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

function checkElementWise(node: Node, element: string): void {
  const operands = Array.isArray(node.args) ? node.args : [node.args]
  const isBounded = costly.has(node.op)
    ? isOwn(node, element)
    : !compared.has(node.op) || operands.some((operand) => isOwn(operand, element))
  if (isBounded) return
  const what = callOf(node)?.name ?? node.op
  throw new ConfigError(
    `"${what}" inside exists, all or exists_one may only take "${element}" and what is written out: with a part of the record it would be worked out for each element`,
  )
}

/** Made of the element at hand and of what is written out alone. */
function isOwn(operand: unknown, element: string): boolean {
  if (Array.isArray(operand)) return operand.every((each) => isOwn(each, element))
  if (!isNode(operand)) return true
  return operand.op === 'id' ? operand.args === element : isOwn(operand.args, element)
}

/** A function as `f(a, b)` or `receiver.f(a, b)`. */
function callOf({ op, args }: Node) {
  if (!Array.isArray(args) || (op !== 'call' && op !== 'rcall')) return undefined
  const [name, ...rest] = args as unknown[]
  const operands = rest.at(-1)
  return {
    name: String(name),
    receiver: op === 'rcall' ? rest[0] : undefined,
    operands: Array.isArray(operands) ? (operands as unknown[]) : [],
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value
