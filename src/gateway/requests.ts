import type { IngressAnswer } from '#api'
import type { Identity } from './auth.ts'
import { namespaceOf } from './channels.ts'
import { type Client, dropSubscription } from './client.ts'
import { type Refusal, refuse } from './codes.ts'
import type { Gate } from './gate.ts'
import { jsonMember } from './json-member.ts'
import type { ClientFrame, ClientFrames, ServerFrame } from './protocol.ts'

/** The session that a request came on. */
export interface Requester {
  readonly gate: Gate
  readonly client: Client
  /** The ids of publications that wait for Kafka. */
  readonly inFlight: Set<number>
  readonly send: (reply: ServerFrame) => void
  readonly refuseFrame: (id: number | undefined, refusal: Refusal) => void
  identity(): Identity
  producer(): string | undefined
  refreshed(identity: Identity): void
  /** A publication was answered: there may be room for more. */
  answered(): void
}

/** Answers one request of `tidegate.v1`. Waits for what later frames have to wait for; `text` is the frame as it came. */
export function answerRequest(
  requester: Requester,
  frame: Exclude<ClientFrame, ClientFrames['connect'] | ClientFrames['pong']>,
  text: string,
): Promise<void> | undefined {
  const { client, inFlight, send, refuseFrame } = requester
  const { id } = frame
  if (client.subscriptions.has(id) || inFlight.has(id)) {
    refuseFrame(id, refuse('duplicate_id', `The id ${id} belongs to an open request or subscription.`, { field: 'id' }))
    return undefined
  }
  switch (frame.type) {
    case 'subscribe':
      return subscribe(requester, frame)
    case 'unsubscribe': {
      const subscription = client.subscriptions.get(frame.subscription)
      if (subscription) {
        dropSubscription(subscription)
        send({ type: 'unsubscribed', id, subscription: frame.subscription, code: 'requested' })
      } else {
        refuseFrame(id, refuse('unknown_subscription', `No subscription has the id ${frame.subscription}.`))
      }
      return undefined
    }
    case 'publish':
      void publish(requester, frame, text)
      return undefined
    case 'refresh':
      return refresh(requester, frame)
    case 'ping':
      send({ type: 'pong', id })
      return undefined
  }
}

async function subscribe(requester: Requester, frame: ClientFrames['subscribe']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const { id, channel, token, position, snapshot = false } = frame
  const granted = token === undefined ? undefined : await gate.auth.verify(token)
  if (token !== undefined && !granted)
    return refuseFrame(id, refuse('bad_token', 'The token of the subscription is malformed, forged or expired.'))
  const refusal = await gate.hub.subscribe(client, {
    id,
    identity: granted ?? requester.identity(),
    channels: [channel],
    position,
    wantsSnapshot: snapshot,
    expiresAt: granted?.expiresAt,
    onJoined: ({ position: told, recovered, reason, hasSnapshot }) =>
      send({
        type: 'subscribed',
        id,
        channel,
        position: told,
        recovered,
        ...(reason === undefined ? {} : { reason }),
        granted: { delivery: 'every', snapshot: hasSnapshot },
      }),
  })
  if (refusal) refuseFrame(id, refusal)
}

async function publish(requester: Requester, frame: ClientFrames['publish'], text: string): Promise<void> {
  const { gate, client, inFlight, send, refuseFrame } = requester
  const { id, channel, key, messageId } = frame
  inFlight.add(id)
  const answer: IngressAnswer = await gate.hub.publish(requester.identity(), {
    channel,
    data: jsonMember(text, 'data') ?? 'null',
    key,
    messageId,
    session: client.session,
    producer: requester.producer(),
  })
  inFlight.delete(id)
  if (answer.ok) {
    const exposes = gate.settings.namespaces[namespaceOf(channel)]?.['expose.coordinates'] === true
    send({
      type: 'published',
      id,
      ...(answer.duplicate ? { duplicate: true } : {}),
      ...(exposes && answer.coordinates ? { coordinates: answer.coordinates } : {}),
    })
  } else {
    const { ok: _, ...refusal } = answer
    refuseFrame(id, refusal)
  }
  requester.answered()
}

async function refresh(requester: Requester, { id, token }: ClientFrames['refresh']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const known = requester.identity()
  const fresh = await gate.auth.verify(token)
  if (!fresh || (known.isAuthenticated && fresh.client !== known.client))
    return refuseFrame(id, refuse('bad_token', 'The token is malformed, forged, expired or of another client.'))
  requester.refreshed(fresh)
  send({ type: 'refreshed', id, ...(fresh.expiresAt === undefined ? {} : { expires: fresh.expiresAt }) })
  for (const subscription of client.subscriptions.values()) {
    if (subscription.expiresAt !== undefined) continue
    if (subscription.channels.every(({ name }) => gate.auth.allows(fresh, 'subscribe', name))) continue
    dropSubscription(subscription)
    client.events.unsubscribed(subscription, 'forbidden')
  }
}
