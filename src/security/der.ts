/** The contents of a DER sequence’s members, one level deep. */
export function childrenOf(sequence: Buffer): readonly Buffer[] {
  const children: Buffer[] = []
  const { start, end } = spanAt(sequence, 0)
  for (let at = start; at < end; ) {
    const span = spanAt(sequence, at)
    children.push(sequence.subarray(span.start, span.end))
    at = span.end
  }
  return children
}

/** Where the content of the value at `at` lies. */
function spanAt(bytes: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = bytes.readUInt8(at + 1)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + lengthBytes
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes))
  if (end > bytes.length) throw new RangeError('end of value')
  return { start, end }
}
