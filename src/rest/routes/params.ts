import { NotFoundError } from '#api'
import type { TaskId } from '../../herder/herder.ts'
import { httpMessage } from '../error-mapper.ts'
import type { RestRequest } from '../route.ts'

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
