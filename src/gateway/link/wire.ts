import { LinkError } from './link-error.ts'

/** Writes whole numbers of 7 bits a byte, up to 2^53, and texts with their length. */
export interface Writer {
  number(value: number): void
  text(value: string): void
  bytes(value: Buffer): void
  /** A copy of what was written. */
  take(): Buffer
}

export function createWriter(initial = 4096): Writer {
  let buffer = Buffer.allocUnsafe(initial)
  let at = 0
  const room = (more: number): void => {
    if (at + more <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + more))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }
  const number = (value: number): void => {
    if (!Number.isSafeInteger(value) || value < 0) throw new LinkError(`${value} cannot be sent over a link.`)
    room(8)
    let rest = value
    // By arithmetic: offsets outgrow 32 bits.
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) + 128
    buffer[at++] = rest
  }
  return {
    number,
    text(value) {
      const length = Buffer.byteLength(value)
      number(length)
      room(length)
      at += buffer.write(value, at)
    },
    bytes(value) {
      room(value.length)
      at += value.copy(buffer, at)
    },
    take() {
      const taken = Buffer.from(buffer.subarray(0, at))
      at = 0
      return taken
    },
  }
}

export interface Reader {
  number(): number
  text(): string
  /** Of a text whose length is known; `isAscii` is quicker. */
  slice(length: number, isAscii: boolean): string
  at(): number
}

/** Throws `LinkError` for bytes that are cut short. */
export function createReader(bytes: Buffer, start = 0): Reader {
  let at = start
  const short = (): LinkError => new LinkError('A message of the link is cut short.')
  const number = (): number => {
    let byte = bytes[at++]
    if (byte === undefined) throw short()
    if (byte < 128) return byte
    let value = byte - 128
    for (let weight = 128; ; weight *= 128) {
      byte = bytes[at++]
      if (byte === undefined || weight > 2 ** 49) throw short()
      value += (byte % 128) * weight
      if (byte < 128) return value
    }
  }
  const slice = (length: number, isAscii: boolean): string => {
    const end = at + length
    if (end > bytes.length) throw short()
    const text = bytes.toString(isAscii ? 'latin1' : 'utf8', at, end)
    at = end
    return text
  }
  return { number, text: () => slice(number(), false), slice, at: () => at }
}
