/** Follows a client's messages by the heads of their frames (RFC 6455 §5.2), since several and a part may come in one piece. */
export interface MessageEnds {
  /** Bytes came. */
  took(bytes: Buffer): void
  /** How many messages ended before the one that has begun and not ended; undefined: there is none. */
  unended(): number | undefined
}

export function createMessageEnds(): MessageEnds {
  let ended = 0
  /** A message of several frames has begun. */
  let isOpen = false
  /** Of the frame's head: the bytes that came, where its length ends, where all of it ends. */
  let [came, lengthEnd, headEnd] = [0, 2, 2]
  let first = 0
  let length = 0
  /** Bytes of its payload that have not come. */
  let left = 0

  const endFrame = (): void => {
    came = 0
    // Frames of control lie between those of a message.
    if ((first & 0x08) !== 0) return
    isOpen = (first & 0x80) === 0
    if (!isOpen) ended++
  }
  const takeOfHead = (byte: number): void => {
    if (came === 0) first = byte
    else if (came === 1) {
      const short = byte & 0x7f
      lengthEnd = short === 126 ? 4 : short === 127 ? 10 : 2
      headEnd = lengthEnd + ((byte & 0x80) === 0 ? 0 : 4)
      length = lengthEnd === 2 ? short : 0
    } else if (came < lengthEnd) length = length * 256 + byte
    came++
    if (came < 2 || came < headEnd) return
    left = length
    if (left === 0) endFrame()
  }

  return {
    took(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (left === 0) {
          takeOfHead(bytes[at++] ?? 0)
          continue
        }
        const taken = Math.min(left, bytes.length - at)
        at += taken
        left -= taken
        if (left === 0) endFrame()
      }
    },
    unended: () => (came > 0 || isOpen ? ended : undefined),
  }
}
