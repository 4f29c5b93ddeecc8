/** Looks for a text in what a server sends, in whatever pieces it comes. */
export function createTextReader(text: string, onText: () => void): (bytes: Uint8Array, length: number) => void {
  const wanted = Buffer.from(text)
  let tail = Buffer.alloc(0)
  return (bytes, length) => {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    // One that began in the piece before ends within the first bytes of this.
    const seam = Buffer.concat([tail, piece.subarray(0, wanted.length - 1)])
    if (tail.length > 0 && seam.includes(wanted)) onText()
    for (let at = piece.indexOf(wanted); at >= 0; at = piece.indexOf(wanted, at + wanted.length)) onText()
    tail = Buffer.from(length >= wanted.length ? piece.subarray(1 - wanted.length) : seam.subarray(1 - wanted.length))
  }
}
