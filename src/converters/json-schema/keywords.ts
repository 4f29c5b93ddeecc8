import type { JsonSchemaNode } from '../../registry/index.ts'

/** A JSON Schema that is an object. */
export type Keywords = { readonly [keyword: string]: unknown }

const normals = new WeakMap<object, Keywords>()
const anything: Keywords = {}

/** The same in as few ways of saying it as can be: a type where one is told by other keywords, `allOf` in one. */
export function normal(node: JsonSchemaNode): Keywords {
  if (typeof node === 'boolean') return anything
  let known = normals.get(node)
  if (!known) {
    known = typed(merged(node))
    normals.set(node, known)
  }
  return known
}

function typed(node: Keywords): Keywords {
  if (node['type'] !== undefined || '$ref' in node) return node
  if ('properties' in node || 'additionalProperties' in node) return { ...node, type: 'object' }
  return 'items' in node ? { ...node, type: 'array' } : node
}

/** `allOf`: the properties of all, and the first that says something else. */
function merged(node: Keywords): Keywords {
  const { allOf, ...own } = node
  if (!Array.isArray(allOf) || allOf.length === 0) return node
  const parts = [own, ...(allOf as JsonSchemaNode[]).map(normal)].filter((part) => Object.keys(part).length > 0)
  const all: Record<string, unknown> = Object.assign({}, ...parts.toReversed())
  const properties = Object.assign({}, ...parts.map((part) => part['properties'])) as object
  const required = parts.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : []))
  if (Object.keys(properties).length > 0) Object.assign(all, { properties, type: 'object' })
  if (required.length > 0) all['required'] = required
  return all
}

/** The branches of a union, if it is one. Properties beside it are more than its branches. */
export function alternatives(node: Keywords): readonly JsonSchemaNode[] | undefined {
  const { oneOf, anyOf, type, properties, ...rest } = node
  if (properties === undefined && Array.isArray(oneOf)) return oneOf as JsonSchemaNode[]
  if (properties === undefined && Array.isArray(anyOf)) return anyOf as JsonSchemaNode[]
  if (!Array.isArray(type)) return undefined
  const { title: _title, description: _description, default: _default, ...of } = rest
  return type.map((each) =>
    each === 'null' ? { type: each } : { ...of, ...(properties !== undefined && { properties }), type: each },
  )
}

export const isNull = (node: JsonSchemaNode): boolean => typeof node === 'object' && node['type'] === 'null'

export const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint'
