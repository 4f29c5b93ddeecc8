import { isUtf8 } from 'node:buffer'

/** The most bytes of a record that an error shows. */
const shownBytes = 64

/** The start of some bytes: `7b 22 61 |{"a|`, with three dots when there is more. */
export function hexdump(bytes: Buffer): string {
  const start = bytes.subarray(0, shownBytes)
  const hex = start.toString('hex').replace(/..(?=.)/g, '$& ')
  const text = start.toString('latin1').replace(/[^ -~]/g, '.')
  return `${hex} |${text}|${bytes.length > shownBytes ? '…' : ''}`
}

/** What bytes look like, without telling what they say. */
export function natureOf(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const size = `${bytes.length} byte${bytes.length === 1 ? '' : 's'}`
  if (bytes.length === 0) return size
  if (bytes[0] === 0 && bytes.length >= 5)
    return `${size} that begin like Confluent's format with schema id ${bytes.readUInt32BE(1)}`
  if (!isUtf8(bytes)) return `${size} that are no text`
  return /^\s*[[{]/.test(bytes.toString('utf8', 0, shownBytes))
    ? `${size} of text that begins like JSON`
    : `${size} of text`
}
