export interface Charset {
  decode(bytes: Buffer): string
  encode(text: string): Buffer
}

const utf8: Charset = { decode: (bytes) => bytes.toString('utf8'), encode: (text) => Buffer.from(text) }

const ascii = singleByte((byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\uFFFD'))

const latin1Table = singleByte((byte) => String.fromCharCode(byte))
const latin1: Charset = {
  decode: (bytes) => bytes.toString('latin1'),
  encode: (text) => (/[^\0-\xff]/.test(text) ? latin1Table.encode(text) : Buffer.from(text, 'latin1')),
}

// Node's own decoder takes it for ISO-8859-1.
const windows1252 = singleByte((byte) =>
  byte < 0x80 || byte > 0x9f
    ? String.fromCharCode(byte)
    : '€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ'.charAt(byte - 0x80),
)

const utf16le: Charset = utf16((bytes) => bytes)
const utf16be: Charset = utf16((bytes) => Buffer.from(bytes).swap16())

/** Big-endian unless a mark says otherwise; written with the mark. */
const utf16marked: Charset = {
  decode(bytes) {
    const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE()
    if (mark === 0xfffe) return utf16le.decode(bytes.subarray(2))
    return utf16be.decode(mark === 0xfeff ? bytes.subarray(2) : bytes)
  },
  encode: (text) => (text === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0xfe, 0xff), utf16be.encode(text)])),
}

const byName: Readonly<Record<string, Charset>> = {
  'utf-8': utf8,
  utf8,
  'us-ascii': ascii,
  ascii,
  'iso-8859-1': latin1,
  latin1,
  'windows-1252': windows1252,
  'utf-16': utf16marked,
  'utf-16be': utf16be,
  'utf-16le': utf16le,
}

/** For texts of errors and documentation. */
export const charsetsKnown = 'UTF-8, US-ASCII, ISO-8859-1 to -16, windows-1250 to -1258, UTF-16, UTF-16BE, UTF-16LE'

/** The character set of a Java name, or undefined. */
export function charsetOf(name: string): Charset | undefined {
  const known = name.toLowerCase()
  if (known in byName) return byName[known]
  if (!/^(?:iso-8859-(?:[2-9]|1[03-6])|windows-125[013-8])$/.test(known)) return undefined
  // What the WHATWG's table leaves at its place among the control characters is nothing in Java's windows sets.
  const decoder = new TextDecoder(known)
  const isWindows = known.startsWith('windows')
  return singleByte((byte) => {
    const char = decoder.decode(Uint8Array.of(byte))
    return isWindows && /[\x80-\x9f]/.test(char) ? '\uFFFD' : char
  })
}

/** One byte a character; characters that it does not have are written as `?`, as Java does. */
function singleByte(charOf: (byte: number) => string): Charset {
  const chars = Array.from({ length: 256 }, (_, byte) => charOf(byte))
  const bytes = new Map(chars.map((char, byte) => [char, byte]))
  bytes.delete('\uFFFD')
  const question = 0x3f
  return {
    decode: (given) => Array.from(given, (byte) => chars[byte]).join(''),
    encode: (text) => Buffer.from(Array.from(text, (char) => bytes.get(char) ?? question)),
  }
}

/** Half a pair is replaced, together with the unit that should have been its other half, as Java does. */
const paired = (text: string): string =>
  text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udbff][^]?|[\udc00-\udfff]/g, (found) =>
    /^[\ud800-\udbff][\udc00-\udfff]$/.test(found) ? found : '\uFFFD',
  )

/** `inOrder` turns the bytes of each unit to little-endian and back. */
function utf16(inOrder: (bytes: Buffer) => Buffer): Charset {
  return {
    decode(bytes) {
      const whole = bytes.length - (bytes.length % 2)
      const text = inOrder(bytes.subarray(0, whole)).toString('utf16le')
      if (whole === bytes.length) return paired(text)
      // A byte alone at the end is replaced, together with the half pair before it, if there is one.
      const padded = paired(`${text}\0`)
      return padded.endsWith('\0') ? `${padded.slice(0, -1)}\uFFFD` : padded
    },
    encode: (text) => inOrder(Buffer.from(text, 'utf16le')),
  }
}
