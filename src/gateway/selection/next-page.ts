import type { Subscription } from '../client.ts'
import type { Pull } from '../delivery/pull.ts'
import { fitPage } from './fit-page.ts'

/** The next page of a subscription's snapshot; behind the last one its position, unless the client was told that before. */
export function nextPage(
  subscription: Subscription,
  pull: Pull,
): { readonly frames: Buffer[]; readonly bytes: number; readonly messages: 0; readonly end: 'more' | 'later' } {
  const [transfer] = pull.pages
  const page = transfer?.next()
  if (!transfer || !page || page === 'later') return { frames: [], bytes: 0, messages: 0, end: 'later' }
  if (page.isLast) pull.pages.shift()
  const isEnd = page.isLast && pull.pages.length === 0
  const frames = fitPage(subscription, transfer.channel, page.text, isEnd ? (pull.told ?? '') : undefined)
  if (isEnd) frames.push(...positionOf(subscription, pull))
  return { frames, bytes: frames.reduce((sum, { length }) => sum + length, 0), messages: 0, end: 'more' }
}

function positionOf({ client, stream, channels }: Subscription, pull: Pull): Buffer[] {
  const { stands, told } = pull
  const [first] = channels
  if (told !== undefined || !('cursor' in stands) || !first) return []
  const { epoch, cursor } = stands
  pull.told = epoch.text() + cursor
  pull.epoch = epoch
  pull.credit?.sent(stands, 0)
  return [client.form.item(stream.note(first, epoch, cursor), cursor)]
}
