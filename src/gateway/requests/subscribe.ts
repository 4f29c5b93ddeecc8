import { refuse } from '../codes.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

export async function subscribe(requester: Requester, frame: ClientFrames['subscribe']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const { id, channel, token, position } = frame
  const granted = token === undefined ? undefined : await gate.auth.verify(token)
  if (token !== undefined && !granted)
    return refuseFrame(id, refuse('bad_token', 'The token of the subscription is malformed, forged or expired.'))
  const refusal = await gate.hub.subscribe(client, {
    id,
    identity: granted ?? requester.identity(),
    channels: [channel],
    position,
    asked: frame,
    expiresAt: granted?.expiresAt,
    onJoined: ({ subscription, position: told, recovered, reason, hasSnapshot }) =>
      send({
        type: 'subscribed',
        id,
        channel,
        position: told,
        recovered,
        ...(reason === undefined ? {} : { reason }),
        granted: { ...subscription.terms, snapshot: hasSnapshot },
      }),
  })
  if (refusal) refuseFrame(id, refusal)
}
