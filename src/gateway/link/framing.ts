import { LinkError } from './link-error.ts'

/** What a frame holds. A frame is its length (four bytes, of all behind them), its kind (one byte) and its body. */
const frameKinds = { message: 0, batch: 1, past: 2, seeds: 3, ping: 4, pong: 5 } as const
export type FrameKind = keyof typeof frameKinds

const byNumber = Object.keys(frameKinds) as FrameKind[]
const headBytes = 5
/** Room for what `completeFrame` writes. */
export const frameHead: Buffer = Buffer.alloc(headBytes)

export function completeFrame(kind: FrameKind, frame: Buffer): Buffer {
  frame.writeUInt32BE(frame.length - 4, 0)
  frame[4] = frameKinds[kind]
  return frame
}

export const makeFrame = (kind: FrameKind, body: Buffer): Buffer =>
  completeFrame(kind, Buffer.concat([frameHead, body]))

/** Takes a stream apart into frames, however it was cut. Throws `LinkError` for a frame over the limit or of no known kind. */
export function createFrameReader(
  maxBytes: number,
  onFrame: (kind: FrameKind, body: Buffer) => void,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let held = 0
  /** How much has to be there before it is worth looking. */
  let needed = headBytes
  return (chunk) => {
    chunks.push(chunk)
    held += chunk.length
    if (held < needed) return
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, held)
    let at = 0
    needed = headBytes
    while (bytes.length - at >= headBytes) {
      const length = bytes.readUInt32BE(at)
      if (length < 1 || length > maxBytes)
        throw new LinkError(`A frame of ${length} bytes came over the link; it may have ${maxBytes}.`)
      const end = at + 4 + length
      if (end > bytes.length) {
        needed = end - at
        break
      }
      const kind = byNumber[bytes[at + 4] ?? -1]
      if (!kind) throw new LinkError('A frame of an unknown kind came over the link.')
      const body = bytes.subarray(at + headBytes, end)
      at = end
      onFrame(kind, body)
    }
    chunks = at === bytes.length ? [] : [bytes.subarray(at)]
    held = bytes.length - at
  }
}
