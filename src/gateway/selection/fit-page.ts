import { type ChannelState, createItem } from '../channel-state.ts'
import type { Subscription } from '../client.ts'
import { jsonElements } from '../json-member.ts'

/** What a frame has beside its items, at the most. */
const around = 512

/** A page of a snapshot in frames that the client takes; a notice stands for an entry that is too large. */
export function fitPage(
  subscription: Subscription,
  channel: ChannelState,
  page: string,
  position: string | undefined,
): Buffer[] {
  const { client, messageBytes, stream } = subscription
  const { form } = client
  const whole = form.page(subscription, channel, page, position)
  if (whole.length <= messageBytes) return [whole]
  const frames: Buffer[] = []
  let [part, bytes] = ['', around + Buffer.byteLength(channel.json)]
  const rest = messageBytes - bytes
  for (const element of jsonElements(page)) {
    const size = Buffer.byteLength(element) + 1
    if (size > rest) {
      // Of no record: the snapshot's position comes with its last page.
      const entry = { kind: 'expiry', channel, seq: 0, epoch: stream.tracker.epoch(), cursor: '', at: 0 } as const
      const item = createItem({ ...entry, key: undefined, data: undefined })
      frames.push(form.oversize(subscription, item, '', size + messageBytes - rest))
      continue
    }
    if (bytes + size > messageBytes && part !== '') {
      frames.push(form.page(subscription, channel, part, undefined))
      ;[part, bytes] = ['', messageBytes - rest]
    }
    part = part === '' ? element : `${part},${element}`
    bytes += size
  }
  frames.push(form.page(subscription, channel, part, position))
  return frames
}
