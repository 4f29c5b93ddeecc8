import { DataError } from '#api'

export interface Line {
  readonly text: string
  /** How many bytes of the input end with this line and its terminator. */
  readonly end: number
}

export interface LineSplitter {
  /** The lines that these bytes complete, after those that came before. Throws `DataError` for a line over the limit. */
  push(bytes: Buffer): readonly Line[]
}

const lf = 0x0a
const cr = 0x0d

/** Splits bytes at `\n`, `\r\n` and `\r`. A line counts once its terminator is whole: after `\r` it takes one byte more to know. */
export function createLineSplitter(start: number, maxBytes: number): LineSplitter {
  let rest: Buffer = Buffer.alloc(0)
  let end = start

  function refuseLong(): void {
    if (rest.length <= maxBytes) return
    throw new DataError(`A line is longer than ${maxBytes} bytes (it begins at byte ${end}); raise "line.max.bytes".`)
  }

  return {
    push(bytes) {
      refuseLong()
      const all = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes
      const lines: Line[] = []
      let from = 0
      // What was looked through before holds no terminator, but for a `\r` at its end.
      for (let at = Math.max(0, rest.length - 1); at < all.length; at++) {
        const byte = all[at]
        if (byte !== lf && byte !== cr) continue
        if (byte === cr && at + 1 === all.length) break
        const next = byte === cr && all[at + 1] === lf ? at + 2 : at + 1
        const text = all.toString('utf8', from, at)
        end += next - from
        lines.push({ text, end })
        from = next
        at = next - 1
      }
      rest = Buffer.from(all.subarray(from))
      // What came before the long line is handed out first.
      if (lines.length === 0) refuseLong()
      return lines
    },
  }
}
