import { refuse } from '../codes.ts'
import { useOwnToken } from '../own-token.ts'
import type { ClientFrames } from '../protocol.ts'
import { isOfAnother } from './refresh.ts'
import type { Requester } from './requester.ts'

export async function subscribe(requester: Requester, frame: ClientFrames['subscribe']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const { id, channel, token, position } = frame
  const granted = token === undefined ? undefined : await gate.auth.verify(token)
  if (granted && 'code' in granted) return refuseFrame(id, granted)
  if (granted && isOfAnother(granted, requester.identity()))
    return refuseFrame(id, refuse('bad_token', 'The token of the subscription is of another client.'))
  const refusal = await gate.hub.subscribe(client, {
    id,
    identity: granted ?? requester.identity(),
    channels: [channel],
    position,
    asked: frame,
    expiresAt: granted?.expiresAt,
    onJoined: ({ subscription, position: told, recovered, reason, hasSnapshot }) => {
      if (granted) useOwnToken(subscription, granted)
      send({
        type: 'subscribed',
        id,
        channel,
        position: told,
        recovered,
        ...(reason === undefined ? {} : { reason }),
        granted: { ...subscription.terms, snapshot: hasSnapshot },
      })
    },
  })
  if (refusal) refuseFrame(id, refusal)
}
