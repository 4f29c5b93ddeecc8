import { seededRandom } from './vehicles.ts'

export const channel = 'bench'

const bytes = 200

export interface Message {
  readonly place: number
  readonly key: string
  /** JSON text of 200 bytes. */
  readonly data: string
}

export function createMessages(seed: number): () => Message {
  const random = seededRandom(seed)
  const texts = Array.from({ length: 256 }, (_, bus) => {
    const text = JSON.stringify({ id: `bus-${bus}`, lat: 50 + random(), long: 4 + random(), note: '' })
    return text.replace('"note":""', `"note":"${'x'.repeat(bytes - text.length)}"`)
  })
  let place = 0
  return () => {
    const bus = place % texts.length
    return { place: place++, key: `bus-${bus}`, data: texts[bus] ?? '' }
  }
}

/**
 * What a client gets: as long as the gateway's message, position included, since TCP acknowledges messages on the two sides of 268 bytes
 * at different times and at another price.
 */
export const messageText = ({ place, key, data }: Message): string =>
  `{"type":"message","channel":"${channel}","key":"${key}","data":${data},"position":".0-${place.toString(36)}"}`

export const subscribeText = JSON.stringify({ type: 'subscribe', id: 1, channel })
export const subscribedText = JSON.stringify({ type: 'subscribed', id: 1, channel })
