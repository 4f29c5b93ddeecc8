import { dropSubscription } from '../client.ts'
import { refuse } from '../codes.ts'
import type { ClientFrame, ClientFrames } from '../protocol.ts'
import { ack } from './ack.ts'
import { history } from './history.ts'
import { presence, statistics } from './presence.ts'
import { publish } from './publish.ts'
import { refresh } from './refresh.ts'
import type { Requester } from './requester.ts'
import { subscribe } from './subscribe.ts'
import { update } from './update.ts'

/** What the rates of messages and bytes, and the window of publications, bound enough. */
const freeTypes: ReadonlySet<string> = new Set(['publish', 'ping', 'ack'])

/** Answers one request of `tidegate.v1`. Waits for what later frames have to wait for; `text` is the frame as it came. */
export function answerRequest(
  requester: Requester,
  frame: Exclude<ClientFrame, ClientFrames['connect' | 'pong']>,
  text: string,
): Promise<void> | undefined {
  const { client, inFlight, send, refuseFrame } = requester
  if (frame.type === 'ack') {
    ack(requester, frame)
    return undefined
  }
  const { id } = frame
  if (client.subscriptions.has(id) || inFlight.has(id)) {
    refuseFrame(id, refuse('duplicate_id', `The id ${id} belongs to an open request or subscription.`, { field: 'id' }))
    return undefined
  }
  const refusal = freeTypes.has(frame.type) ? undefined : requester.mayAsk(frame.type)
  if (refusal) {
    requester.gate.limits.refused.add(refusal.code)
    refuseFrame(id, refusal)
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
    case 'history':
      void history(requester, frame)
      return undefined
    case 'presence':
      return presence(requester, frame)
    case 'statistics':
      return statistics(requester, frame)
    case 'update':
      update(requester, frame)
      return undefined
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
