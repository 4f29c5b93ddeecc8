import type { ClientFrames } from '../protocol.ts'
import { bindToken, useOwnToken } from '../who/own-token.ts'
import { rememberToken } from '../who/used-tokens.ts'
import type { Requester } from './requester.ts'

export async function subscribe(requester: Requester, frame: ClientFrames['subscribe']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const { id, channel, token, position, from } = frame
  const verified = token === undefined ? undefined : await gate.auth.verify(token)
  if (verified && 'code' in verified) return refuseFrame(id, verified)
  const granted = verified && bindToken(verified, requester.identity())
  if (granted && 'code' in granted) return refuseFrame(id, granted)
  if (verified) rememberToken(client, verified)
  const refusal = await gate.hub.subscribe(client, {
    id,
    identity: granted ?? requester.identity(),
    channels: [channel],
    position,
    from,
    asked: frame,
    onJoined: ({ subscription, position: told, recovered, reason, hasSnapshot, again }) => {
      if (verified) useOwnToken(subscription, verified)
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
