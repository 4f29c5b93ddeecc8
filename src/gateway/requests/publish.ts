import type { IngressAnswer } from '#api'
import { namespaceOf } from '../channels.ts'
import { jsonMember } from '../json-member.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

export async function publish(requester: Requester, frame: ClientFrames['publish'], text: string): Promise<void> {
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
