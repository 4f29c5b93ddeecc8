const ping = Buffer.from('{"type":"ping"}')

/** Looks for the gate's pings in what a server sends, in whatever pieces it comes. */
export function createPingReader(onPing: () => void): (bytes: Uint8Array, length: number) => void {
  let tail = Buffer.alloc(0)
  return (bytes, length) => {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    // One that began in the piece before ends within the first bytes of this.
    const seam = Buffer.concat([tail, piece.subarray(0, ping.length - 1)])
    if (tail.length > 0 && seam.includes(ping)) onPing()
    for (let at = piece.indexOf(ping); at >= 0; at = piece.indexOf(ping, at + ping.length)) onPing()
    tail = Buffer.from(length >= ping.length ? piece.subarray(1 - ping.length) : seam.subarray(1 - ping.length))
  }
}
