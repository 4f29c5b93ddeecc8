import { type Clock, isRetriable, type Logger, messageOf, type Revocation, type RevocationLog } from '#api'
import { revocationId } from '../../util/revocation-id.ts'
import { type Client, closeClient, dropSubscription } from '../client.ts'
import type { Connections } from '../connections.ts'
import type { Identity } from './auth.ts'
import { subscriberOf } from './own-token.ts'
import type { RevocationIndex } from './revocations.ts'
import { type UsedToken, usedTokens } from './used-tokens.ts'

export interface RevokerOptions {
  readonly revocations: Pick<RevocationLog, 'all' | 'onChange' | 'add'>
  readonly index: RevocationIndex
  readonly connections: Pick<Connections, 'all'>
  readonly clock: Clock
  readonly log: Logger
}

export interface Revoker {
  tick(now: number): void
  stop(): void
}

/** How often (ms) what could not be stored is tried again, and how much of it waits at most. */
const [againMs, mostWaiting] = [5000, 10_000]

/**
 * Brings what is revoked to the connections that are open, many changes that come together in one look: before anything more is handed to
 * a socket, also of what was published just before. What a socket was handed already cannot be taken back: as much as `sendBufferBytes` for
 * each client that reads slowly, and what is under way.
 */
export function startRevoker({ revocations, index, connections, clock, log }: RevokerOptions): Revoker {
  const unstored = new Map<string, Revocation>()
  let secondLook: NodeJS.Immediate | undefined
  let [isLookDue, hasStopped] = [false, false]
  let triedAt = clock.now()

  const store = async (revocation: Revocation): Promise<void> => {
    try {
      await revocations.add(revocation)
      unstored.delete(revocation.id)
    } catch (error) {
      if (!isRetriable(error)) {
        unstored.delete(revocation.id)
        const facts = { id: revocation.id, reason: messageOf(error) }
        return log.error(facts, 'the token of a revoked session cannot be stored, and is refused by this gate only')
      }
      log.warn({ id: revocation.id, reason: messageOf(error) }, 'the token of a revoked session is not stored yet')
    }
  }
  /** Who was shut out would come back with the same token, here or elsewhere. */
  const revokeToken = ({ tokenId, expiresAt }: UsedToken, { reason }: Revocation): void => {
    if (tokenId === undefined) return
    const of = { kind: 'token', token: tokenId } as const
    const id = revocationId(of)
    const revocation: Revocation = {
      id,
      of,
      at: clock.now(),
      ...(expiresAt === undefined ? {} : { until: expiresAt }),
      ...(reason === undefined ? {} : { reason }),
    }
    index.apply({ made: revocation })
    if (unstored.size >= mostWaiting) {
      log.error({ id, waiting: unstored.size }, 'the token of a revoked session is refused by this worker only')
      return
    }
    unstored.set(id, revocation)
    void store(revocation)
  }

  const endSubscriptions = (client: Client, who: Identity): void => {
    for (const subscription of client.subscriptions.values()) {
      const by = subscriberOf(subscription, who)
      if (!index.refuses(by) && !subscription.channels.some(({ name }) => index.blocks(by, name))) continue
      dropSubscription(subscription)
      client.events.unsubscribed(subscription, 'revoked')
    }
  }
  const enforce = (): void => {
    for (const connection of connections.all()) {
      const { client } = connection
      if (client.closed) continue
      const who = connection.identity()
      const session = index.ofSession(client.session)
      if (session) for (const token of [...usedTokens(client), ...(who ? [who] : [])]) revokeToken(token, session)
      if (session || (who && index.refuses(who))) closeClient(client, 'revoked')
      else if (who) endSubscriptions(client, who)
    }
  }
  const lookNow = (): void => {
    isLookDue = false
    if (hasStopped) return
    enforce()
    // Who was let in just before it was revoked is known by then.
    secondLook ??= setImmediate(() => {
      secondLook = undefined
      enforce()
    })
  }
  const end = revocations.onChange((change) => {
    index.apply(change)
    if (!change.made || isLookDue) return
    isLookDue = true
    queueMicrotask(lookNow)
  })

  return {
    tick(now) {
      index.tick(now)
      if (unstored.size === 0 || triedAt + againMs > now) return
      triedAt = now
      for (const revocation of unstored.values()) void store(revocation)
    },
    stop() {
      hasStopped = true
      end()
      if (secondLook) clearImmediate(secondLook)
    },
  }
}
