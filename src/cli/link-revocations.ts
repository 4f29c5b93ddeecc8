import { RetriableError, type Revocation, type RevocationChange, type RevocationLog } from '#api'
import type { GateEnd, WorkerEnd } from '../gateway/index.ts'
import type { WorkerRevocations } from './revocations.ts'

/** What a worker tells its gates: all that is revoked when it links to one, and what changes later. */
const [all, change] = ['revocations', 'revocation']

type Greetings = readonly { readonly name: string; readonly body: unknown }[]

export const greetWithRevocations = ({ log, isRead }: WorkerRevocations): Greetings =>
  isRead() ? [{ name: all, body: log.all() }] : []

export function tellRevocations({ log }: WorkerRevocations, workerEnd: WorkerEnd): void {
  log.onChange((changed) => workerEnd.tell(change, changed))
}

/** Does what a gate asks for. */
export async function serveRevocations(log: RevocationLog, name: string, body: unknown): Promise<unknown> {
  if (name === 'revoke' && isRevocation(body)) return log.add(body)
  if (name === 'unrevoke' && typeof body === 'string') return log.remove(body)
  throw new RetriableError(`This worker does not know how to ${name} that.`)
}

export interface LinkedRevocations {
  readonly log: RevocationLog
  /** Takes what a worker told; false when it is about something else. */
  told(name: string, body: unknown): boolean
  /** Whether all that was revoked before is known. */
  isRead(): boolean
}

/** The revocations of the workers that are linked to a gate. */
export function createLinkedRevocations(request: GateEnd['request']): LinkedRevocations {
  const held = new Map<string, Revocation>()
  const listeners = new Set<(change: RevocationChange) => void>()
  let hasAll = false
  const apply = (changed: RevocationChange): void => {
    if (changed.made) held.set(changed.made.id, changed.made)
    else held.delete(changed.ended)
    for (const tell of listeners) tell(changed)
  }
  return {
    isRead: () => hasAll,
    told(name, body) {
      if (name === change) {
        if (isChange(body)) apply(body)
        return true
      }
      if (name !== all || !Array.isArray(body)) return false
      const now = new Map(body.filter(isRevocation).map((revocation) => [revocation.id, revocation]))
      for (const id of held.keys()) if (!now.has(id)) apply({ ended: id })
      for (const [id, made] of now) if (!held.has(id)) apply({ made })
      hasAll = true
      return true
    },
    log: {
      all: () => [...held.values()],
      onChange(tell) {
        listeners.add(tell)
        return () => listeners.delete(tell)
      },
      async add(revocation) {
        await request('revoke', revocation)
      },
      remove: async (id) => (await request('unrevoke', id)) === true,
    },
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isRevocation = (value: unknown): value is Revocation =>
  isObject(value) &&
  typeof value['id'] === 'string' &&
  typeof value['at'] === 'number' &&
  isObject(value['of']) &&
  typeof value['of']['kind'] === 'string'

const isChange = (value: unknown): value is RevocationChange =>
  isObject(value) && (isRevocation(value['made']) || typeof value['ended'] === 'string')
