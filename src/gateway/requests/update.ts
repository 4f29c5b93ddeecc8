import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

export function update({ gate, client, send, refuseFrame }: Requester, frame: ClientFrames['update']): void {
  const { id, subscription } = frame
  const refusal = gate.hub.update(client, {
    subscription,
    change: frame,
    onUpdated: (granted) => send({ type: 'updated', id, granted }),
  })
  if (refusal) refuseFrame(id, refusal)
}
