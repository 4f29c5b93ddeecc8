import { constants, deflateRawSync } from 'node:zlib'

/** One unmasked, final text frame of WebSocket (RFC 6455 §5.2) in one buffer, to be written to any number of sockets. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const frame = begin(0x81, length)
  frame.write(text, frame.length - length)
  return frame
}

/** Shorter texts are not worth it. */
const leastLength = 512

/**
 * The same compressed by itself (RFC 7692 §7.2.3.2), so that all clients that negotiated permessage-deflate without context takeover
 * can share it; plain where that is shorter, or when a client would have more than `mostBytes` of it.
 */
export const deflatedFrame =
  (mostBytes: number) =>
  (text: string): Buffer => {
    if (text.length < leastLength) return textFrame(text)
    const bytes = Buffer.from(text)
    const plain = (): Buffer => begin(0x81, bytes.length, bytes)
    if (bytes.length > mostBytes - longestHeader) return plain()
    // A small window, since setting up a large one costs more than the rest. Ends with 00 00 ff ff, which is left out (§7.2.1).
    const deflated = deflateRawSync(bytes, {
      level: 1,
      windowBits: 12,
      memLevel: 5,
      finishFlush: constants.Z_SYNC_FLUSH,
    }).subarray(0, -4)
    return deflated.length < 0.9 * bytes.length ? begin(0xc1, deflated.length, deflated) : plain()
  }

const longestHeader = 10

/** A frame's header, and its payload when it is given. */
function begin(first: number, length: number, payload?: Buffer): Buffer {
  const header = length < 126 ? 2 : length < 65_536 ? 4 : longestHeader
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = first
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
    frame.writeUInt32BE(length % 2 ** 32, 6)
  }
  payload?.copy(frame, header)
  return frame
}
