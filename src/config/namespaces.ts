import { nearest } from '../util/nearest.ts'
import { accesses, deliveries, type NamespaceRules, namespaceRules } from './namespace-rules.ts'

const rules = Object.keys(namespaceRules)

/** All that is wrong with a value of `gateway.namespaces`, each complaint naming the namespace and what was probably meant. */
export function namespaceComplaints(value: unknown): readonly string[] {
  if (!isObject(value)) {
    return ['must be an object of namespaces, such as {"bus":{"subscribe":"anonymous","publish":"none"}}']
  }
  return Object.entries(value).flatMap(([name, given]) => {
    if (!/^[A-Za-z0-9._~-]+$/.test(name)) {
      return [`"${name}" cannot be the first segment of a channel: it may have letters, digits and . _ ~ - only`]
    }
    if (!isObject(given)) return [`the rules of "${name}" must be an object with ${rules.join(', ')}`]
    return Object.entries(given).flatMap(([rule, granted]) => complaintOf(name, rule, granted) ?? [])
  })
}

/** The rules of each namespace; an action that is not spoken of is allowed to nobody. */
export function toNamespaces(value: Readonly<Record<string, unknown>>): Readonly<Record<string, NamespaceRules>> {
  const standard = Object.fromEntries(Object.entries(namespaceRules).map(([rule, known]) => [rule, known.default]))
  const namespaces = Object.entries(value).map(([name, given]) => [name, { ...standard, ...(given as object) }])
  // Without a prototype: a channel may well begin with "constructor".
  return Object.assign(Object.create(null) as object, Object.fromEntries(namespaces)) as Record<string, NamespaceRules>
}

/**
 * Reads `gateway.namespaces.<namespace>.<rule>` in a flat file. A namespace may have dots, so the rule is what stands at the end.
 */
export function splitNamespaceKey(key: string): { readonly namespace: string; readonly rule: string } {
  const rule = rules.find((known) => key.endsWith(`.${known}`))
  if (rule) return { namespace: key.slice(0, -rule.length - 1), rule }
  const dot = key.includes('.') ? key.indexOf('.') : key.length
  return { namespace: key.slice(0, dot), rule: key.slice(dot + 1) }
}

function complaintOf(namespace: string, rule: string, given: unknown): string | undefined {
  const known = Object.hasOwn(namespaceRules, rule) ? namespaceRules[rule as keyof NamespaceRules] : undefined
  if (!known) return `"${namespace}" has the unknown rule "${rule}"${hint(rule, rules)}; known are ${rules.join(', ')}`
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  switch (known.kind) {
    case 'access':
      if (accesses.some((access) => access === given)) return undefined
      return `"${rule}" of "${namespace}" cannot be "${text}"${hint(text, accesses)}; it is one of ${accesses.join(', ')}`
    case 'switch':
      return typeof given === 'boolean' ? undefined : `"${rule}" of "${namespace}" must be true or false`
    case 'number':
      if (Number.isSafeInteger(given) && Number(given) >= 0) return undefined
      return `"${rule}" of "${namespace}" must be a whole number of 0 or more, not "${text}"`
    case 'deliveries':
      if (Array.isArray(given) && given.length > 0 && given.every((each) => deliveries.includes(each))) return undefined
      return `"${rule}" of "${namespace}" must be a list of ${deliveries.join(', ')}, not ${text}`
  }
}

function hint(given: string, known: readonly string[]): string {
  const meant = nearest(given, known)
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
