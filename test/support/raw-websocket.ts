import { connect, type Socket } from 'node:net'

/** A frame as it came. */
export interface RawFrame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly payload: Buffer
}

export interface FrameOptions {
  readonly opcode?: number
  readonly payload?: Buffer | string
  readonly fin?: boolean
  readonly rsv?: number
  /** Default: 1234abcd; null: none, which a client may not do. */
  readonly mask?: Buffer | null
  /** How the length is written; default: the shortest. */
  readonly lengthBytes?: 0 | 2 | 8
  /** The length that is written, when it is not that of the payload. */
  readonly length?: bigint
}

const standardMask = Buffer.from('1234abcd', 'hex')

/** The bytes of a client's frame (RFC 6455 §5.2), right or wrong. */
export function clientFrame({
  opcode = 1,
  payload = '',
  fin = true,
  rsv = 0,
  mask = standardMask,
  lengthBytes,
  length,
}: FrameOptions): Buffer {
  const data = Buffer.from(payload)
  const told = length ?? BigInt(data.length)
  const bytes = lengthBytes ?? (told < 126n ? 0 : told < 65_536n ? 2 : 8)
  const head = Buffer.alloc(2 + bytes)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (mask ? 0x80 : 0) | (bytes === 0 ? Number(told) : bytes === 2 ? 126 : 127)
  if (bytes === 2) head.writeUInt16BE(Number(told), 2)
  if (bytes === 8) head.writeBigUInt64BE(told, 2)
  if (!mask) return Buffer.concat([head, data])
  for (let at = 0; at < data.length; at++) data[at] = (data[at] ?? 0) ^ (mask[at % 4] ?? 0)
  return Buffer.concat([head, mask, data])
}

export const closeFrame = (code: number, reason = ''): Buffer => {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return clientFrame({ opcode: 8, payload })
}

export const goodHandshake: Readonly<Record<string, string>> = {
  Host: '127.0.0.1',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** A request line and headers as text; a header that is undefined is left out. */
export const requestText = (
  headers: Readonly<Record<string, string | undefined>> = {},
  line = 'GET /ws HTTP/1.1',
): string => {
  const all = Object.entries({ ...goodHandshake, ...headers }).filter(([, value]) => value !== undefined)
  return `${[line, ...all.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

/** A bare socket that keeps what comes. */
export interface RawClient {
  readonly socket: Socket
  /** The status of the answer to the handshake; undefined: none came yet. */
  status(): number | undefined
  /** The head of that answer, and what followed when it was no upgrade. */
  answer(): string
  frames(): readonly RawFrame[]
  /** Those since the last time, which are kept no longer. */
  take(): readonly RawFrame[]
  /** The code of the close frame that came. */
  closeCode(): number | undefined
  isEnded(): boolean
  /** Resolves when the other side has ended the connection. */
  readonly ended: Promise<void>
  /** Resolves when something comes, or the end. */
  next(): Promise<void>
  send(...parts: readonly (Buffer | string)[]): void
}

const headEnd = Buffer.from('\r\n\r\n')

export function rawClient(port: number, host = '127.0.0.1'): RawClient {
  const socket = connect({ port, host })
  socket.setNoDelay(true)
  /** The head of the answer, with what followed when it was no upgrade. */
  let answer = Buffer.alloc(0)
  let bodyAt = -1
  let isUpgraded = false
  /** The beginning of a frame. */
  let part = Buffer.alloc(0)
  const frames: RawFrame[] = []
  let isEnded = false
  let tell: (() => void) | undefined
  const take = (chunk: Buffer): void => {
    const parsed = parseFrames(part.length === 0 ? chunk : Buffer.concat([part, chunk]))
    frames.push(...parsed.frames)
    part = parsed.rest
  }
  socket.on('data', (chunk) => {
    if (isUpgraded) take(chunk)
    else {
      answer = Buffer.concat([answer, chunk])
      if (bodyAt < 0) {
        const end = answer.indexOf(headEnd)
        if (end >= 0) bodyAt = end + headEnd.length
      }
      if (bodyAt >= 0 && answer.subarray(0, 12).toString() === 'HTTP/1.1 101') {
        isUpgraded = true
        take(answer.subarray(bodyAt))
        answer = answer.subarray(0, bodyAt)
      }
    }
    tell?.()
  })
  socket.on('error', () => undefined)
  socket.on('end', () => socket.end())
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isEnded = true
      tell?.()
      resolve()
    })
  })
  return {
    socket,
    status: () => (bodyAt < 0 ? undefined : Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1'))?.[1])),
    answer: () => answer.toString('latin1'),
    frames: () => frames,
    take: () => frames.splice(0),
    closeCode: () => {
      const close = frames.find(({ opcode }) => opcode === 8)
      return close && (close.payload.length < 2 ? 1005 : close.payload.readUInt16BE())
    },
    isEnded: () => isEnded,
    ended,
    next: () =>
      isEnded
        ? Promise.resolve()
        : new Promise((resolve) => {
            tell = resolve
          }),
    send(...parts) {
      for (const each of parts) if (!socket.destroyed) socket.write(each)
    },
  }
}

/** The whole frames at the beginning, and what is left of one. */
function parseFrames(bytes: Buffer): { readonly frames: readonly RawFrame[]; readonly rest: Buffer<ArrayBuffer> } {
  const frames: RawFrame[] = []
  let at = 0
  while (bytes.length - at >= 2) {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]]
    let [length, head] = [second & 0x7f, 2]
    if (length === 126) {
      if (bytes.length - at < 4) break
      length = bytes.readUInt16BE(at + 2)
      head = 4
    } else if (length === 127) {
      if (bytes.length - at < 10) break
      length = Number(bytes.readBigUInt64BE(at + 2))
      head = 10
    }
    if (bytes.length - at < head + length) break
    frames.push({
      fin: first >= 0x80,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      payload: bytes.subarray(at + head, at + head + length),
    })
    at += head + length
  }
  return { frames, rest: Buffer.from(bytes.subarray(at)) }
}
