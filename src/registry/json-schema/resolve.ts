import { DataError } from '#api'
import type { JsonSchemaNode } from './compile.ts'

/** A schema and the document that it is in. */
export interface Located {
  readonly node: JsonSchemaNode
  readonly document: string
}

type Documents = ReadonlyMap<string, JsonSchemaNode>

/** Finds what a `$ref` names: by pointer, by `$id` or `$anchor`, in the document itself or in those that it refers to. */
export function createResolve(root: JsonSchemaNode, others: Documents): (ref: string, document: string) => Located {
  const documents: Documents = new Map([...others, ['', root]])
  const ids = new Map<string, Located>()
  for (const [document, node] of documents) collect(node, document, baseOf(node, document), ids)

  function documentOf(name: string, from: string): Located | undefined {
    if (name === '') return located(documents.get(from), from)
    const absolute = join(baseOf(documents.get(from) ?? true, from), name)
    const own = (each: string) => located(documents.get(each), each) ?? ids.get(each)
    return own(name) ?? own(absolute)
  }

  return (ref, from) => {
    const [name = '', fragment = ''] = ref.split('#')
    const base = documentOf(name, from)
    const found = base && (fragment === '' ? base : inside(base, decodeURIComponent(fragment), ids))
    if (found) return found
    throw new DataError(`The JSON Schema refers to ${ref}, which is neither in it nor among its references.`)
  }
}

const located = (node: JsonSchemaNode | undefined, document: string): Located | undefined =>
  node === undefined ? undefined : { node, document }

function baseOf(node: JsonSchemaNode, document: string): string {
  const id = typeof node === 'object' ? (node['$id'] ?? node['id']) : undefined
  return typeof id === 'string' ? id : document
}

function join(base: string, ref: string): string {
  return URL.canParse(ref, base) ? new URL(ref, base).href : ref
}

function inside({ node, document }: Located, fragment: string, ids: ReadonlyMap<string, Located>): Located | undefined {
  if (!fragment.startsWith('/')) return ids.get(`${document}#${fragment}`)
  let at: unknown = node
  for (const part of fragment.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  }
  return isNode(at) ? { node: at, document } : undefined
}

const isNode = (value: unknown): value is JsonSchemaNode =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))

/** The schemas inside one that have names. */
function collect(value: unknown, document: string, base: string, ids: Map<string, Located>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, document, base, ids)
  if (!isNode(value) || typeof value !== 'object') return
  const { $id: id, $anchor: anchor } = value
  if (typeof id === 'string') {
    if (id.startsWith('#')) ids.set(`${document}${id}`, { node: value, document })
    else for (const name of [id, join(base, id)]) ids.set(name.replace(/#$/, ''), { node: value, document })
  }
  if (typeof anchor === 'string') ids.set(`${document}#${anchor}`, { node: value, document })
  for (const item of Object.values(value)) collect(item, document, base, ids)
}
