import { refuse } from '../codes.ts'
import { pump } from '../delivery/pump.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

/** Everything up to a position was handled. Answered only when it is wrong. */
export function ack({ gate, client, refuseFrame }: Requester, frame: ClientFrames['ack']): void {
  const { subscription: id, position } = frame
  const no = (...refusal: Parameters<typeof refuse>): void => refuseFrame(undefined, refuse(...refusal))
  const subscription = client.subscriptions.get(id)
  if (!subscription) return no('unknown_subscription', `No subscription has the id ${id}.`)
  const { pull } = subscription
  if (!pull?.credit)
    return no('bad_request', `The subscription ${id} is not in ACK mode: subscribe with "window".`, {
      field: 'subscription',
    })
  if (!pull.credit.acknowledge(position))
    return no('ack_behind', `The position was not sent to the subscription ${id}.`, { field: 'position' })
  gate.delivered(pump(subscription, gate.clock.now()))
}
