/** The byte that tells frames of `tidegate.v1` apart: the first letter of the type, in `{"type":"message"…`. */
const kindAt = 9

/** First letters of the types of frames that a client gets here; who publishes gets no pings so soon. */
export const kinds = { message: 0x6d, subscribed: 0x73, published: 0x70, ping: 0x70, error: 0x65 } as const

/** A text frame as a client sends it. Its mask is zero, which is as good as any on loopback and costs nothing. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  if (payload.length > 65_535) throw new Error('The text is too long for a bench.')
  const header = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
  header[0] = 0x81
  header[1] = 0x80 | (payload.length < 126 ? payload.length : 126)
  if (payload.length >= 126) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}

/** Looks through what a server sends, and tells the kind of each frame (0 when it is short) without keeping any of it. */
export function createFrameReader(onFrame: (kind: number) => void): (bytes: Uint8Array, length: number) => void {
  let headerRead = 0
  let headerLength = 2
  let payload = 0
  let left = 0
  let kindIn = -1

  function readHeader(byte: number): void {
    headerRead++
    if (headerRead === 1) return
    if (headerRead === 2) {
      headerLength = byte < 126 ? 2 : byte === 126 ? 4 : 10
      payload = byte < 126 ? byte : 0
    } else payload = payload * 256 + byte
    if (headerRead < headerLength) return
    headerRead = 0
    left = payload
    kindIn = kindAt
    if (left === 0) onFrame(0)
  }

  return (bytes, length) => {
    let at = 0
    while (at < length) {
      if (left === 0) {
        readHeader(bytes[at++] ?? 0)
        continue
      }
      const step = Math.min(left, length - at)
      if (kindIn >= 0 && kindIn < step) onFrame(bytes[at + kindIn] ?? 0)
      kindIn -= step
      left -= step
      at += step
      if (left === 0 && kindIn >= 0) onFrame(0)
    }
  }
}
