import { channelProblem } from '../channels.ts'
import { refuse } from '../codes.ts'
import type { ClientFrames, ServerFrame } from '../protocol.ts'
import type { Requester } from './requester.ts'

export async function presence(requester: Requester, frame: ClientFrames['presence']): Promise<void> {
  if (!isGranted(requester, frame)) return
  const { clients, more, partial } = await requester.gate.presence.presence(frame.channel)
  const { gate } = requester
  const reply: ServerFrame = {
    type: 'presence',
    id: frame.id,
    clients: clients.map(([client, sessions]) => ({ client, sessions })),
    more,
    ...(partial ? { partial } : {}),
  }
  const text = JSON.stringify(reply)
  gate.limits.expensive.spend(text.length, gate.clock.now())
  requester.sendText(text)
}

export async function statistics(requester: Requester, frame: ClientFrames['statistics']): Promise<void> {
  if (!isGranted(requester, frame)) return
  const { clients, sessions, partial } = await requester.gate.presence.statistics(frame.channel)
  requester.send({ type: 'statistics', id: frame.id, clients, sessions, ...(partial ? { partial } : {}) })
}

function isGranted(requester: Requester, { id, channel, type }: ClientFrames['presence' | 'statistics']): boolean {
  const { gate, refuseFrame } = requester
  const problem = channelProblem(channel, gate.settings.limits.channelLength)
  if (problem !== undefined) refuseFrame(id, refuse('bad_channel', problem, { field: 'channel' }))
  else if (gate.auth.allows(requester.identity(), type, channel)) return true
  else refuseFrame(id, refuse('forbidden', `The client may not ask for the ${type} of this channel.`))
  return false
}
