import { type Entry, forgetPosition, positionOf, wantsSnapshot } from './entry.ts'
import { ClientError } from './error.ts'
import type { Granted } from './frames.ts'
import type { Requests } from './requests.ts'
import { type Adjustable, adjust } from './terms.ts'

/** The answer to changes that go with the next `subscribe`, or right behind it, one for all of them. */
export interface Regrant {
  readonly promise: Promise<Granted>
  readonly resolve: (granted: Granted) => void
  readonly reject: (error: ClientError) => void
}

/** Changes a subscription in place; without a connection the next `subscribe` has the changes, and is waited for. */
export async function update(entry: Entry, changes: Adjustable, requests: Requests): Promise<Granted> {
  if (entry.isOver) throw new ClientError('The subscription has ended.', { code: 'closed' })
  const before = entry.terms
  const asked = adjust(before, changes)
  entry.terms = asked
  const selects = changes.filter !== undefined || changes.bbox !== undefined
  if (entry.id === undefined) {
    if (selects) outdate(entry, before)
    return regranted(entry)
  }
  const isOfSight = wantsSnapshot(entry) && selects
  entry.isChanging ||= isOfSight
  const { held } = entry
  if (selects && !isOfSight) entry.held ??= before
  try {
    return await tell(entry, changes, requests)
  } catch (error) {
    if (error instanceof ClientError && error.code === 'disconnected') return regranted(entry)
    entry.terms = undone(entry.terms, { asked, before, changes })
    entry.held = held
    if (isOfSight) entry.isChanging = false
    throw error
  }
}

/** The terms without changes that were refused; what was changed once more meanwhile stays. */
function undone(
  terms: Adjustable,
  { asked, before, changes }: Readonly<Record<'asked' | 'before' | 'changes', Adjustable>>,
): Adjustable {
  const keys = (Object.keys(changes) as (keyof Adjustable)[]).filter((key) => terms[key] === asked[key])
  return { ...terms, ...Object.fromEntries(keys.map((key) => [key, before[key]])) }
}

/** What was changed where the gate could not hear it, told once the subscription stands where the application left it. */
export async function tellHeld(entry: Entry, requests: Requests): Promise<void> {
  const { filter = null, bbox = null } = entry.terms
  try {
    const granted = await tell(entry, { filter, bbox }, requests)
    entry.regrant?.resolve(granted)
  } catch (cause) {
    const error =
      cause instanceof ClientError ? cause : new ClientError('The change failed.', { code: 'failed', cause })
    // Else it is told again after the next `subscribe`.
    if (error.code === 'disconnected') return
    if (entry.held) entry.terms = { ...entry.terms, filter: entry.held.filter, bbox: entry.held.bbox }
    entry.regrant?.reject(error)
  }
  entry.regrant = undefined
}

/**
 * What the application holds was chosen by other terms than those to come. With a snapshot it is replaced as a whole; else the
 * gate has to know both, to tell what is gone.
 */
function outdate(entry: Entry, before: Adjustable): void {
  if (wantsSnapshot(entry)) forgetPosition(entry)
  else if (positionOf(entry) !== undefined) entry.held ??= before
}

async function tell(entry: Entry, changes: Adjustable, requests: Requests): Promise<Granted> {
  const { id: subscription } = entry
  if (subscription === undefined) throw new ClientError('There is no connection.', { code: 'disconnected' })
  entry.untold++
  try {
    const reply = await requests.ask((id) => ({ type: 'update', id, subscription, ...changes }))
    if (reply.type !== 'updated') throw new ClientError('The gate gave another answer.', { code: 'bad_answer' })
    return reply.granted
  } finally {
    // In its turn: what came before it is of the former terms.
    entry.lane.put(() => {
      entry.untold = Math.max(0, entry.untold - 1)
      return undefined
    })
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
