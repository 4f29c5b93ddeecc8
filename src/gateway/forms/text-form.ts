import type { Item } from '../channel-state.ts'
import type { Form } from '../client.ts'
import { deltaOf } from './delta.ts'

/** The frames of messages, by their forms: plain, with the whole text in a string, and as a delta where that is shorter. */
export interface TextForms {
  /** Wraps a text for the socket. */
  readonly frame: (text: string) => Buffer
  /** The same for what many clients get. */
  readonly shared?: ((text: string) => Buffer) | undefined
  /** The form without compression, where `shared` compresses. */
  readonly uncompressed?: Form
  readonly indexes: { readonly plain: number; readonly whole: number; readonly delta: number }
}

/** The messages of `tidegate.v1`. */
export function createTextForm({ frame, shared = frame, indexes, uncompressed }: TextForms): Form {
  const ping = frame('{"type":"ping"}')
  const make = (index: number, wrap: (text: string) => Buffer, value: (item: Item) => string, more: object): Form => ({
    index,
    tellsEpochs: true,
    ping,
    item(item, cursor) {
      const { channel, kind, key, data, epoch } = item
      if (kind === 'position')
        return frame(`{"type":"position","channel":${channel.json},"position":"${epoch.text()}${cursor}"}`)
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const what = data === undefined ? ',"deleted":true' : value(item)
      // What vanished is no record: there is no position after it.
      const position = kind === 'expiry' ? '' : `,"position":"${cursor}"`
      return wrap(`{"type":"message","channel":${channel.json}${about}${what}${position}}`)
    },
    oversize({ id }, { kind }, cursor, size) {
      const position = kind === 'expiry' ? '' : `,"position":"${cursor}"`
      return frame(`{"type":"notice","code":"oversize","subscription":${id},"size":${size}${position}}`)
    },
    batch({ channel, key }, items) {
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const values = items.map(({ data }) => (data === undefined ? '{"deleted":true}' : `{"data":${data}}`))
      return frame(`{"type":"batch","channel":${channel.json}${about},"items":[${values.join()}]}`)
    },
    live: ({ id }, position) => frame(`{"type":"live","subscription":${id},"position":"${position}"}`),
    gone: ({ id }, { channel, key }) =>
      frame(`{"type":"gone","subscription":${id},"channel":${channel.json},"key":${JSON.stringify(key)}}`),
    page: ({ id }, _channel, page, position) =>
      frame(`{"type":"snapshot","subscription":${id},"items":[${page}],"more":${position === undefined}}`),
    ...more,
  })
  const asText = ({ data }: Item): string => `,"delta":false,"data":${JSON.stringify(data)}`
  const asDelta = (item: Item): string => {
    const delta = deltaOf(item)
    return delta === undefined ? asText(item) : `,"delta":true,"data":${delta}`
  }
  const next = make(indexes.delta, frame, asDelta, {})
  const whole = make(indexes.whole, frame, asText, { next })
  return make(indexes.plain, shared, ({ data }) => `,"data":${data}`, {
    whole,
    ...(uncompressed && { uncompressed }),
  })
}
