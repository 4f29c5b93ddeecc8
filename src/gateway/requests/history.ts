import { refuse } from '../codes.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

/** What was published on a channel before. Later frames need not wait for it. */
export async function history(requester: Requester, frame: ClientFrames['history']): Promise<void> {
  const { gate, client, inFlight, sendText, refuseFrame } = requester
  const { id, channel, from, limit } = frame
  inFlight.add(id)
  try {
    const answer = await gate.hub.history(client, { identity: requester.identity(), channel, from, limit })
    if ('code' in answer) refuseFrame(id, answer)
    else {
      const { items, more, position } = answer
      const goesOn = position === undefined ? '' : `,"position":"${position}"`
      sendText(`{"type":"history","id":${id},"items":[${items.join(',')}],"more":${more}${goesOn}}`)
    }
  } catch (error) {
    gate.log.error({ err: error }, 'history failed')
    refuseFrame(id, refuse('internal', 'The gate failed to read the history.'))
  } finally {
    inFlight.delete(id)
    requester.answered()
  }
}
