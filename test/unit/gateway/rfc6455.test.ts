import { expect, onTestFinished, test } from 'vitest'
import { closeCodes } from '../../../src/gateway/codes.ts'
import type { Gateway } from '../../../src/gateway/index.ts'
import { runGate, until } from '../../conformance/transport.ts'
import {
  closeFrame,
  clientFrame as frame,
  type RawClient,
  type RawFrame,
  rawClient,
  requestText,
} from '../../support/raw-websocket.ts'

const [frameBytes, bad, tooLarge] = [1024, closeCodes.bad_frame.code, closeCodes.frame_too_large.code]

const ping = (id: number, padding = 0): string =>
  JSON.stringify({ type: 'ping', id, ...(padding > 0 ? { x: 'x'.repeat(padding) } : {}) })
const text = (payload: string): Buffer => frame({ payload })
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** A ping of the protocol in pieces of this many bytes. */
const pieces = (size: number, between: readonly Buffer[] = []): Buffer[] => {
  const whole = Buffer.from(ping(7))
  const parts: Buffer[] = []
  for (let at = 0; at < whole.length; at += size) {
    const payload = whole.subarray(at, at + size)
    parts.push(frame({ opcode: at === 0 ? 1 : 0, fin: at + size >= whole.length, payload }), ...between)
  }
  return parts
}
const utf8 = (hex: string): Buffer =>
  Buffer.concat([Buffer.from('{"type":"ping","id":7,"x":"'), bytes(hex), Buffer.from('"}')])
const byteByByte = (whole: Buffer): Buffer[] => Array.from(whole, (byte) => Buffer.from([byte]))

/** What has to come: the answer to the ping 7, a pong with this payload, or the end with this close code. */
type Expected = 'pong 7' | { readonly pong: string } | number

const cases: readonly [section: string, what: string, sent: readonly Buffer[], expected: Expected][] = [
  ['5.2', 'a text in one frame', [text(ping(7))], 'pong 7'],
  ['5.2', 'a frame whose bytes come one by one', byteByByte(text(ping(7))), 'pong 7'],
  ['5.2', 'two frames in one packet', [Buffer.concat([text(ping(6)), text(ping(7))])], 'pong 7'],
  ['5.2', 'the length in 2 bytes where none are needed', [frame({ payload: ping(7), lengthBytes: 2 })], 'pong 7'],
  ['5.2', 'the length in 8 bytes where none are needed', [frame({ payload: ping(7), lengthBytes: 8 })], 'pong 7'],
  ['5.2', 'a payload of 125 bytes', [text(ping(7, 125 - ping(7, 1).length + 1))], 'pong 7'],
  ['5.2', 'a payload of 126 bytes', [text(ping(7, 126 - ping(7, 1).length + 1))], 'pong 7'],
  ['5.2', 'a payload as large as it may be', [text(ping(7, frameBytes - ping(7, 1).length + 1))], 'pong 7'],
  ['5.2', 'a payload one byte larger', [text(ping(7, frameBytes - ping(7, 1).length + 2))], tooLarge],
  ['5.2', 'a length of 2^32 without the payload', [frame({ length: 2n ** 32n })], tooLarge],
  ['5.2', 'a length of 2^53', [frame({ length: 2n ** 53n })], tooLarge],
  ['5.2', 'a length of 2^63, whose first bit has to be 0', [frame({ length: 2n ** 63n })], tooLarge],
  ['5.2', 'RSV1 without an extension', [frame({ payload: ping(7), rsv: 4 })], bad],
  ['5.2', 'RSV2', [frame({ payload: ping(7), rsv: 2 })], bad],
  ['5.2', 'RSV3', [frame({ payload: ping(7), rsv: 1 })], bad],
  ['5.2', 'RSV1 on a ping', [frame({ opcode: 9, rsv: 4 })], bad],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): (typeof cases)[number] => [
    '5.2',
    `the reserved opcode ${opcode}`,
    [frame({ opcode })],
    bad,
  ]),
  ['5.1', 'a frame that is not masked', [frame({ payload: ping(7), mask: null })], bad],
  ['5.1', 'a ping that is not masked', [frame({ opcode: 9, mask: null })], bad],
  ['5.3', 'a mask of zeros', [frame({ payload: ping(7), mask: Buffer.alloc(4) })], 'pong 7'],
  [
    '5.3',
    'another mask on each frame',
    [text(ping(6)), frame({ payload: ping(7), mask: bytes('ff00ff01') })],
    'pong 7',
  ],
  ['5.4', 'a text in two frames', pieces(12), 'pong 7'],
  ['5.4', 'a text in frames of one byte', pieces(1), 'pong 7'],
  [
    '5.4',
    'an empty first and an empty last frame',
    [frame({ fin: false }), frame({ opcode: 0, fin: false, payload: ping(7) }), frame({ opcode: 0 })],
    'pong 7',
  ],
  ['5.4', 'pings of the socket between the pieces', pieces(5, [frame({ opcode: 9, payload: 'in' })]), 'pong 7'],
  ['5.4', 'a continuation of nothing', [frame({ opcode: 0, payload: ping(7) })], bad],
  ['5.4', 'a continuation of what has ended', [text(ping(6)), frame({ opcode: 0, payload: 'x' })], bad],
  ['5.4', 'a new text inside another', [frame({ payload: '{', fin: false }), text(ping(7))], bad],
  [
    '5.4',
    'pieces that are too large together',
    [frame({ payload: 'x'.repeat(600), fin: false }), frame({ opcode: 0, payload: 'x'.repeat(600) })],
    tooLarge,
  ],
  [
    '5.4',
    'five thousand empty pieces',
    [frame({ fin: false }), Buffer.concat(Array.from({ length: 5000 }, () => frame({ opcode: 0, fin: false })))],
    bad,
  ],
  ['5.5', 'a close frame inside a text', [frame({ payload: '{', fin: false }), closeFrame(1000)], 1000],
  ['5.5', 'a ping in pieces', [frame({ opcode: 9, fin: false })], bad],
  ['5.5', 'a close frame in pieces', [frame({ opcode: 8, fin: false })], bad],
  ['5.5', 'a ping of 126 bytes', [frame({ opcode: 9, payload: 'x'.repeat(126) })], bad],
  ['5.5', 'a close frame of 126 bytes', [closeFrame(1000, 'x'.repeat(124))], bad],
  ['5.5.2', 'a ping', [frame({ opcode: 9 })], { pong: '' }],
  ['5.5.2', 'a ping with a payload', [frame({ opcode: 9, payload: 'hello' })], { pong: 'hello' }],
  [
    '5.5.2',
    'a ping with 125 bytes of binary',
    [frame({ opcode: 9, payload: Buffer.alloc(125, 0xfe) })],
    { pong: Buffer.alloc(125, 0xfe).toString('latin1') },
  ],
  ['5.5.3', 'a pong that nobody asked for', [frame({ opcode: 10, payload: 'x' }), text(ping(7))], 'pong 7'],
  ['5.6', 'a binary message', [frame({ opcode: 2, payload: ping(7) })], bad],
  ['5.6', 'an empty text', [frame({})], bad],
  ['8.1', 'UTF-8 of one to four bytes', [frame({ payload: utf8('24 c2a2 e282ac f0908d88') })], 'pong 7'],
  [
    '8.1',
    'a character in two pieces',
    [
      frame({ payload: utf8('e282ac').subarray(0, 28), fin: false }),
      frame({ opcode: 0, payload: utf8('e282ac').subarray(28) }),
    ],
    'pong 7',
  ],
  ['8.1', 'a continuation byte alone', [frame({ payload: utf8('80') })], bad],
  ['8.1', 'a character that is cut off', [frame({ payload: utf8('e282') })], bad],
  ['8.1', 'an overlong encoding', [frame({ payload: utf8('c0af') })], bad],
  ['8.1', 'a surrogate', [frame({ payload: utf8('eda080') })], bad],
  ['8.1', 'a code point beyond U+10FFFF', [frame({ payload: utf8('f4908080') })], bad],
  ['8.1', 'the bytes fe and ff', [frame({ payload: utf8('feff') })], bad],
  ...[1000, 1001, 1003, 1007, 1008, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code): (typeof cases)[number] => ['7.4', `a close frame with ${code}`, [closeFrame(code)], code],
  ),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): (typeof cases)[number] => [
    '7.4',
    `a close frame with ${code}, which is no code`,
    [closeFrame(code)],
    bad,
  ]),
  ['7.1', 'a close frame without a code', [frame({ opcode: 8 })], 1005],
  ['7.1', 'a close frame with a reason', [closeFrame(1000, 'good bye')], 1000],
  ['5.5.1', 'a close frame of one byte', [frame({ opcode: 8, payload: 'x' })], bad],
  ['5.5.1', 'a reason that is no UTF-8', [frame({ opcode: 8, payload: bytes('03e8 80') })], bad],
  ['5.5.1', 'frames behind a close frame', [closeFrame(1000), text(ping(7))], 1000],
]

async function open(gateway: Gateway): Promise<RawClient> {
  const client = rawClient(gateway.address.port)
  onTestFinished(() => void client.socket.destroy())
  client.send(requestText())
  await until(() => client.status() !== undefined)
  expect(client.status()).toBe(101)
  return client
}

test('every case of RFC 6455 §5–§8 is answered, or ends the connection with a close code of the table', async () => {
  const { gateway } = await runGate({ limits: { frameBytes } })
  const answer = async ([section, what, sent, expected]: (typeof cases)[number]): Promise<string> => {
    const client = await open(gateway)
    client.send(...sent)
    const isAnswer = ({ opcode, payload }: RawFrame): boolean => {
      if (typeof expected === 'number') return opcode === 8
      if (expected !== 'pong 7') return opcode === 10 && payload.toString('latin1') === expected.pong
      return opcode === 1 && /"type":"pong","id":7}/.test(payload.toString())
    }
    await until(() => client.frames().some(isAnswer) || client.isEnded())
    const answered = client.frames().some(isAnswer)
    client.send(closeFrame(1000))
    await client.ended
    const code = typeof expected === 'number' ? expected : 1000
    // The close frame is the last.
    expect({ what, answered, code: client.closeCode(), last: client.frames().at(-1)?.opcode }).toEqual({
      what,
      answered: true,
      code,
      last: 8,
    })
    expect(client.frames().filter(({ rsv, fin }) => rsv !== 0 || !fin)).toEqual([])
    return `| §${section} | ${what} | ${typeof expected === 'number' ? `closed with ${code}` : 'answered'} |`
  }
  const rows: string[] = []
  for (let at = 0; at < cases.length; at += 10) rows.push(...(await Promise.all(cases.slice(at, at + 10).map(answer))))
  await until(() => gateway.stats().sessions === 0)
  process.stdout.write(['| RFC 6455 | sent | answer |', '| --- | --- | --- |', ...rows].join('\n').concat('\n'))
}, 60_000)

const handshakes: readonly [what: string, request: string, status: number | undefined][] = [
  ['as it should be', requestText(), 101],
  [
    'header names in capitals, more tokens in Connection',
    requestText({ Connection: 'keep-alive, Upgrade', Upgrade: 'WebSocket' }),
    101,
  ],
  ['a subprotocol of ours among others', requestText({ 'Sec-WebSocket-Protocol': 'x.y, tidegate.v1' }), 101],
  ['a subprotocol that is not ours', requestText({ 'Sec-WebSocket-Protocol': 'x.y' }), 101],
  ['extensions that nobody knows', requestText({ 'Sec-WebSocket-Extensions': 'x-unknown; a=1' }), 101],
  ['version 12', requestText({ 'Sec-WebSocket-Version': '12' }), 400],
  ['no version', requestText({ 'Sec-WebSocket-Version': undefined }), 400],
  ['no key', requestText({ 'Sec-WebSocket-Key': undefined }), 400],
  ['a key that is too short', requestText({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 400],
  ['a key that is no base64', requestText({ 'Sec-WebSocket-Key': '************************' }), 400],
  ['an upgrade to something else', requestText({ Upgrade: 'h2c' }), 400],
  ['no Upgrade', requestText({ Upgrade: undefined, Connection: 'close' }), 426],
  ['POST', requestText({}, 'POST /ws HTTP/1.1'), 405],
  ['another path', requestText({}, 'GET /other HTTP/1.1'), 404],
  ['a path that is no path', requestText({}, 'GET ws HTTP/1.1'), 400],
  ['HTTP/1.0', requestText({}, 'GET /ws HTTP/1.0'), 400],
  ['HTTP/2.7', requestText({}, 'GET /ws HTTP/2.7'), 400],
  ['no host', requestText({ Host: undefined }), 400],
  ['headers of 100 KB', requestText({ 'X-Large': 'x'.repeat(100_000) }), 431],
  ['a header without a name', requestText({ '': 'x' }), 400],
  ['a NUL in a header', requestText({ 'X-Nul': 'a\0b' }), 400],
  ['a subprotocol that is no token', requestText({ 'Sec-WebSocket-Protocol': 'a b,,' }), 400],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['frames before the handshake', clientBytes(), 400],
]

function clientBytes(): string {
  return text(ping(1)).toString('latin1')
}

test('every handshake of RFC 6455 §4, right or wrong, has its answer', async () => {
  const { gateway } = await runGate()
  const answer = async ([what, request, status]: (typeof handshakes)[number]): Promise<string> => {
    const client = rawClient(gateway.address.port)
    onTestFinished(() => void client.socket.destroy())
    client.send(Buffer.from(request, 'latin1'))
    await until(() => client.status() !== undefined || client.isEnded())
    expect.soft({ what, status: client.status() }).toEqual({ what, status })
    const accepts = [/Sec-WebSocket-Accept: (.*)\r/, /Sec-WebSocket-Protocol: (.*)\r/].map(
      (line) => line.exec(client.answer())?.[1],
    )
    const spoken = request.includes('tidegate.v1') ? 'tidegate.v1' : undefined
    expect({ what, accepts }).toEqual({
      what,
      accepts: status === 101 ? ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', spoken] : [undefined, undefined],
    })
    if (status === 101) {
      client.send(text(ping(7)))
      await until(() => client.frames().length === 2)
      client.send(closeFrame(1000))
    }
    if (status === 426) client.socket.destroy()
    await client.ended
    return `| ${what} | ${status} |`
  }
  const rows = await Promise.all(handshakes.map(answer))
  await until(() => gateway.stats().sessions === 0)
  process.stdout.write(['| handshake | answer |', '| --- | --- |', ...rows].join('\n').concat('\n'))
}, 60_000)
