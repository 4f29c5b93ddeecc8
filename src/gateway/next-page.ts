import type { Subscription } from './client.ts'
import { fitPage } from './fit-page.ts'
import type { Pull } from './pull.ts'

/** The next page of a subscription's snapshot. */
export function nextPage(
  subscription: Subscription,
  pull: Pull,
): { readonly frames: Buffer[]; readonly bytes: number; readonly messages: 0; readonly end: 'more' | 'later' } {
  const [transfer] = pull.pages
  const page = transfer?.next()
  if (!transfer || !page || page === 'later') return { frames: [], bytes: 0, messages: 0, end: 'later' }
  if (page.isLast) pull.pages.shift()
  const position = page.isLast && pull.pages.length === 0 ? pull.told : undefined
  const frames = fitPage(subscription, transfer.channel, page.text, position)
  return { frames, bytes: frames.reduce((sum, { length }) => sum + length, 0), messages: 0, end: 'more' }
}
