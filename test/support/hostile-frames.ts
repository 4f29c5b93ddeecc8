import { constants, deflateRawSync } from 'node:zlib'
import type { TSchema } from 'typebox'
import { clientFrames } from '../../src/gateway/protocol.ts'
import { clientFrame, closeFrame, type FrameOptions, requestText } from './raw-websocket.ts'

/** Numbers from 0 to 1 that a seed decides. */
type Random = () => number

export interface Hostile {
  /** Bytes to send on an open connection, one frame more or less. */
  frame(): Buffer
  /** Bytes to send instead of a handshake. */
  handshake(): string
}

const channels = [
  'bus:1',
  'bus:2',
  'bus:*',
  'secret:1',
  'report:1',
  'chat:1',
  'closed:1',
  'none:1',
  '',
  ':',
  'bus:%zz',
  '*',
]
const oddTexts = [
  '',
  '\0',
  '💥',
  '\ud800',
  '__proto__',
  'constructor',
  '-1',
  '1e999',
  '.',
  'e.c',
  'x'.repeat(300),
  '[[[['.repeat(40),
]
const oddNumbers = [0, 1, 2, 3, -1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e308, -0]

/** Small, and large beyond all limits once it is inflated. */
const bomb = deflateRawSync(Buffer.alloc(16 * 1024 * 1024))
const deflated = (text: string): Buffer => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** Frames from the protocol's own schema, most of them bent, and bytes that are none. */
export function createHostile(random: Random, isCompressed: boolean): Hostile {
  const below = (most: number): number => Math.floor(random() * most)
  const oneOf = <T>(all: readonly [T, ...T[]] | readonly T[]): T => all[below(all.length)] as T
  const isOneIn = (times: number): boolean => below(times) === 0
  const bytes = (most: number): Buffer => Buffer.from(Array.from({ length: below(most) }, () => below(256)))

  const oddValue = (depth = 0): unknown => {
    const kinds = [
      () => null,
      () => isOneIn(2),
      () => oneOf(oddNumbers),
      () => oneOf(oddTexts),
      () => (depth > 3 ? [] : Array.from({ length: below(4) }, () => oddValue(depth + 1))),
      () => (depth > 3 ? {} : Object.fromEntries([[oneOf(oddTexts), oddValue(depth + 1)]])),
    ]
    return oneOf(kinds)()
  }

  /** What fits the schema, more or less. */
  const valueOf = (schema: TSchema, name: string): unknown => {
    if (isOneIn(25)) return oddValue()
    if (name === 'channel') return isOneIn(2) ? `${oneOf(['bus', 'chat', 'report'])}:${below(9)}` : oneOf(channels)
    if (name === 'id' || name === 'subscription') return below(12)
    if (name === 'filter')
      return oneOf(['value > 1', 'key == "a"', 'value.x.y < 3 && channel != ""', '((((', 'value +', 'x'.repeat(1000)])
    if (name === 'from') return oneOf(['earliest', '-10m', '-1s', '2020-01-01T00:00:00Z', 'soon', '0'])
    const shape = schema as {
      readonly const?: unknown
      readonly anyOf?: readonly TSchema[]
      readonly type?: string
      readonly items?: TSchema | readonly TSchema[]
    }
    if (shape.const !== undefined) return shape.const
    if (shape.anyOf) return valueOf(oneOf(shape.anyOf), '')
    if (Array.isArray(shape.items)) return shape.items.map((item: TSchema) => valueOf(item, ''))
    const plain: Readonly<Record<string, () => unknown>> = {
      integer: () => oneOf([1, 2, 10, 1000]),
      number: () => oneOf([0.5, 1, 50, -90, 180]),
      boolean: () => isOneIn(2),
      null: () => null,
      string: () => (isOneIn(3) ? oneOf(oddTexts) : `text ${below(5)}`),
    }
    return (plain[shape.type ?? ''] ?? oddValue)()
  }

  const json = (): string => {
    const [type, schema] = oneOf(Object.entries(clientFrames))
    const { properties, required = [] } = schema as {
      readonly properties: Readonly<Record<string, TSchema>>
      readonly required?: readonly string[]
    }
    const members = Object.entries(properties)
      .filter(([name]) => (required.includes(name) ? !isOneIn(20) : isOneIn(3)))
      .map(([name, member]) => [name, valueOf(member, name)] as const)
    return JSON.stringify({ ...Object.fromEntries(members), ...(isOneIn(20) ? { type: oddValue() } : { type }) })
  }

  /** What an honest client would send, so that what follows meets subscriptions. */
  const fair = (): string => {
    const id = below(40)
    const channel = `${oneOf(['bus', 'bus', 'report', 'chat'])}:${isOneIn(6) ? '*' : below(9)}`
    const some = (times: number, members: object): object => (isOneIn(times) ? members : {})
    const filter = oneOf(['value.n > 3', 'key == "k1"', 'value.text.size() > 9'])
    const kinds = [
      () => ({
        type: 'subscribe',
        channel,
        ...some(2, { snapshot: true }),
        ...some(3, { filter }),
        ...some(4, { delivery: oneOf(['latest', 'batch']) }),
        ...some(6, { window: 1 + below(9) }),
        ...some(6, { delta: 'fossil' }),
        ...some(6, { maxRate: 1 + below(9) }),
      }),
      () => ({ type: 'publish', channel, data: oddValue() }),
      () => ({ type: 'update', subscription: below(40), ...some(2, { filter }), ...some(2, { maxRate: 5 }) }),
      () => ({ type: 'unsubscribe', subscription: below(40) }),
      () => ({ type: 'history', channel, from: '-1s', limit: 5 }),
      () => ({ type: oneOf(['presence', 'statistics']), channel }),
    ]
    return JSON.stringify({ ...oneOf(kinds)(), id })
  }

  const bent = (text: string): string => {
    const at = below(text.length)
    const ways = [
      () => text.slice(0, at),
      () => text.slice(at),
      () => text.slice(0, at) + oneOf(['"', '{', '}', ',', ':', '\\', '\0', '1e9']) + text.slice(at + 1),
      () => text + text,
      () => `[${text}]`,
      () => ` \n${text}\n`,
      () => text.replace('"id":', '"id":1,"id":'),
      () => `{"a":${'['.repeat(below(2000))}${text}`,
    ]
    return oneOf(ways)()
  }

  /** A frame of the socket that breaks its rules, or goes to their edge. */
  const oddFrame = (): Buffer => {
    const options: FrameOptions = {
      opcode: below(16),
      fin: !isOneIn(4),
      rsv: isOneIn(3) ? below(8) : 0,
      payload: isOneIn(2) ? bytes(200) : json(),
      ...(isOneIn(6) ? { mask: null } : {}),
      ...(isOneIn(6) ? { lengthBytes: 8 as const } : {}),
      ...(isOneIn(12) ? { lengthBytes: 8 as const, length: BigInt(below(2 ** 30)) << 32n } : {}),
    }
    return clientFrame(options)
  }

  const inPieces = (text: string): Buffer => {
    const whole = Buffer.from(text)
    const size = 1 + below(40)
    const parts: Buffer[] = []
    for (let at = 0; at < whole.length; at += size) {
      const fin = at + size >= whole.length
      parts.push(clientFrame({ opcode: at === 0 ? 1 : 0, fin, payload: whole.subarray(at, at + size) }))
      if (isOneIn(10)) parts.push(clientFrame({ opcode: 9, payload: bytes(126) }))
    }
    return Buffer.concat(parts)
  }

  const squeezed = (): Buffer => {
    const kind = below(60)
    const whole = deflated(isOneIn(10) ? bent(json()) : json())
    const payload = kind === 0 ? bomb : kind === 1 ? bytes(200) : kind === 2 ? whole.subarray(1) : whole
    const cut = isOneIn(10) ? below(payload.length) : payload.length
    const frames = [clientFrame({ payload: payload.subarray(0, cut), rsv: 4, fin: cut === payload.length })]
    if (cut < payload.length) frames.push(clientFrame({ opcode: 0, payload: payload.subarray(cut) }))
    return Buffer.concat(frames)
  }

  return {
    frame() {
      if (isCompressed && isOneIn(3)) return squeezed()
      const kind = below(1000)
      if (kind < 250) return clientFrame({ payload: fair() })
      if (kind < 700) return clientFrame({ payload: json() })
      if (kind < 900) return inPieces(json())
      if (kind < 940) return clientFrame({ opcode: 9 + below(2), payload: bytes(126) })
      if (kind < 965) return clientFrame({ payload: bent(json()) })
      if (kind < 985) return oddFrame()
      if (kind < 990)
        return closeFrame(
          oneOf([0, 999, 1000, 1002, 1005, 3000, 4000, 4500, 5000, 65_535]),
          oneOf(oddTexts).slice(0, 60),
        )
      if (kind < 995) return clientFrame({ payload: 'x'.repeat(below(200_000)) })
      return bytes(500)
    },
    handshake() {
      const odd = (): string => oneOf(['', 'x', '13, 8', 'x'.repeat(below(20_000)), 'websocket\r\nX: y', '\0', 'ü'])
      const headers = Object.fromEntries(
        Array.from({ length: below(4) }, () => [
          oneOf([
            'Connection',
            'Upgrade',
            'Sec-WebSocket-Version',
            'Sec-WebSocket-Key',
            'Sec-WebSocket-Protocol',
            'Sec-WebSocket-Extensions',
            'Origin',
            'Host',
            'Authorization',
            'Content-Length',
            'Transfer-Encoding',
            'Expect',
            odd(),
          ]),
          isOneIn(6) ? undefined : odd(),
        ]),
      )
      const path = oneOf([
        '/ws',
        '/ws?token=x',
        '/ws?resume=1',
        '/sse?channel=bus:1',
        '/sse',
        '/health',
        '/',
        '//',
        '/%',
        `/${'x'.repeat(below(5000))}`,
        '*',
      ])
      const line = `${oneOf(['GET', 'GET', 'GET', 'POST', 'CONNECT', 'x'])} ${path} ${oneOf(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/3', ''])}`
      const text = requestText(headers, line)
      // Who sends nothing at all has asked nothing.
      return isOneIn(6) ? text.slice(0, 1 + below(text.length)) : isOneIn(10) ? bytes(300).toString('latin1') : text
    },
  }
}
