import type { ClientFrames } from '../protocol.ts'
import { bindToken, useOwnToken } from '../who/own-token.ts'
import type { Requester } from './requester.ts'

export async function subscribe(requester: Requester, frame: ClientFrames['subscribe']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const { id, channel, token, position, from } = frame
  const verified = token === undefined ? undefined : await gate.auth.verify(token)
  const granted = verified && !('code' in verified) ? bindToken(verified, requester.identity()) : verified
  if (granted && 'code' in granted) return refuseFrame(id, granted)
  const refusal = await gate.hub.subscribe(client, {
    id,
    identity: granted ?? requester.identity(),
    channels: [channel],
    position,
    from,
    asked: frame,
    onJoined: ({ subscription, position: told, recovered, reason, hasSnapshot, again }) => {
      if (granted) useOwnToken(subscription, granted)
      send({
        type: 'subscribed',
        id,
        channel,
        position: told,
        recovered,
        ...(reason === undefined ? {} : { reason }),
        ...(again ? { again } : {}),
        granted: { ...subscription.terms, snapshot: hasSnapshot },
      })
    },
  })
  if (refusal) refuseFrame(id, refusal)
}
