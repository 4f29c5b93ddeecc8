import type { Form } from './client.ts'

/** The messages of `tidegate.v1`; `frame` wraps a text for the socket. */
export function createTextForm(index: number, frame: (text: string) => Buffer): Form {
  return {
    index,
    tellsEpochs: true,
    item({ channel, kind, key, data, epoch }, cursor) {
      if (kind === 'position')
        return frame(`{"type":"position","channel":${channel.json},"position":"${epoch.text()}${cursor}"}`)
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const value = data === undefined ? ',"deleted":true' : `,"data":${data}`
      // What vanished is no record: there is no position after it.
      const position = kind === 'expiry' ? '' : `,"position":"${cursor}"`
      return frame(`{"type":"message","channel":${channel.json}${about}${value}${position}}`)
    },
    gone: ({ id }, { channel, key }) =>
      frame(`{"type":"gone","subscription":${id},"channel":${channel.json},"key":${JSON.stringify(key)}}`),
    page: ({ id }, _channel, page, position) =>
      frame(`{"type":"snapshot","subscription":${id},"items":[${page}],"more":${position === undefined}}`),
  }
}
