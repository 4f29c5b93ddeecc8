import { type TSchema, Type } from 'typebox'
import { NotFoundError } from '#api'
import type { TaskId } from '../../herder/herder.ts'
import { httpMessage } from '../error-mapper.ts'
import type { Described, RestRequest } from '../route.ts'
import { ref } from '../schemas-parts.ts'

/** The connector that a path names. */
export const nameOf = ({ params }: RestRequest): string => params['name'] ?? ''

/** The task that a path names. What is not an int is no path of ours, as in Kafka Connect. */
export function taskOf(request: RestRequest): TaskId {
  const text = request.params['task'] ?? ''
  const task = Number(text)
  if (!/^[+-]?\d+$/.test(text) || task !== (task | 0)) throw new NotFoundError(httpMessage(404))
  return { connector: nameOf(request), task }
}

/** `true` in any case is true, anything else false, as Java parses it. */
export const flag = (query: URLSearchParams, name: string): boolean => query.get(name)?.toLowerCase() === 'true'

/** A body and what to say of it; the schema is one of the document's own by name, or any. */
export const json = (schema: string | TSchema, doc: string): Described => ({
  doc,
  schema: typeof schema === 'string' ? ref(schema) : schema,
})

export const listOf = (name: string): TSchema => Type.Array(ref(name))

/** A query parameter that `flag` reads. */
export const flagParameter = (doc: string): Described => ({ doc, schema: Type.Boolean() })
