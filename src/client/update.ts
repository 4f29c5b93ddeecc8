import { type Entry, wantsSnapshot } from './entry.ts'
import { ClientError } from './error.ts'
import type { Granted } from './frames.ts'
import type { Requests } from './requests.ts'
import { type Adjustable, adjust } from './terms.ts'

/** The answer to changes that go with the next `subscribe`, one for all of them. */
export interface Regrant {
  readonly promise: Promise<Granted>
  readonly resolve: (granted: Granted) => void
  readonly reject: (error: ClientError) => void
}

/** Changes a subscription in place; without a connection the next `subscribe` has the changes, and is waited for. */
export async function update(entry: Entry, changes: Adjustable, requests: Requests): Promise<Granted> {
  if (entry.isOver) throw new ClientError('The subscription has ended.', { code: 'closed' })
  const before = entry.terms
  entry.terms = adjust(before, changes)
  const { id: subscription } = entry
  if (subscription === undefined) return regranted(entry)
  const isOfSight = wantsSnapshot(entry) && (changes.filter !== undefined || changes.bbox !== undefined)
  entry.isChanging ||= isOfSight
  try {
    const reply = await requests.ask((id) => ({ type: 'update', id, subscription, ...changes }))
    if (reply.type !== 'updated') throw new ClientError('The gate gave another answer.', { code: 'bad_answer' })
    return reply.granted
  } catch (error) {
    if (error instanceof ClientError && error.code === 'disconnected') return regranted(entry)
    entry.terms = before
    if (isOfSight) entry.isChanging = false
    throw error
  }
}

function regranted(entry: Entry): Promise<Granted> {
  if (entry.isOver) throw new ClientError('The subscription has ended.', { code: 'closed' })
  if (entry.regrant) return entry.regrant.promise
  let made: Pick<Regrant, 'resolve' | 'reject'> | undefined
  const promise = new Promise<Granted>((resolve, reject) => {
    made = { resolve, reject }
  })
  if (made) entry.regrant = { promise, ...made }
  return promise
}
