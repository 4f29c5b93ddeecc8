import { deflateRawSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { closeCodes } from '../../../../src/gateway/codes.ts'
import { runGate, until } from '../../../conformance/transport.ts'
import { clientFrame, type RawClient, rawClient, requestText } from '../../../support/raw-websocket.ts'

const MiB = 1024 * 1024
/** Below the limit as it comes, and far beyond it once inflated. */
const bomb = deflateRawSync(Buffer.alloc(48 * MiB))
/** A deflated block that gives the same again and again, cut in two messages' worth. */
const nested = deflateRawSync(bomb)
const squeezed = { 'Sec-WebSocket-Extensions': 'permessage-deflate' }

async function open(port: number, headers: Record<string, string>): Promise<RawClient> {
  const client = rawClient(port)
  onTestFinished(() => void client.socket.destroy())
  client.send(requestText(headers))
  await until(() => client.status() === 101)
  return client
}

/** The most bytes of buffers that the process had beyond those at the start. */
function watchBuffers(): () => number {
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }, 1)
  onTestFinished(() => clearInterval(timer))
  return () => most
}

const shapes: readonly [string, readonly Buffer[]][] = [
  ['in one frame', [clientFrame({ payload: bomb, rsv: 4 })]],
  [
    'with pings between its pieces',
    [0, 1, 2, 3].flatMap((part) => [
      clientFrame({
        opcode: part === 0 ? 1 : 0,
        rsv: part === 0 ? 4 : 0,
        fin: part === 3,
        payload: bomb.subarray((part * bomb.length) / 4, ((part + 1) * bomb.length) / 4),
      }),
      clientFrame({ opcode: 9 }),
    ]),
  ],
  [
    'whose end never comes',
    [clientFrame({ payload: bomb, rsv: 4, fin: false }), clientFrame({ payload: '', opcode: 0 })],
  ],
]

test('a bomb is one: it comes below the limit of a frame', () => {
  expect(bomb.length).toBeLessThan(65_536)
  expect(nested.length).toBeLessThan(4096)
})

test.each(shapes)(
  'where clients may compress, twenty bombs %s are refused without being inflated, and others are served',
  async (_, frames) => {
    const { gateway, buses } = await runGate({ compression: 'channel', limits: { frameBytes: 65_536 } })
    const honest = await open(gateway.address.port, squeezed)
    honest.send(clientFrame({ payload: '{"type":"subscribe","id":1,"channel":"bus:1"}' }))
    const bombers = await Promise.all(Array.from({ length: 20 }, () => open(gateway.address.port, squeezed)))
    const most = watchBuffers()
    for (const client of bombers) client.send(Buffer.concat(frames))
    await until(() => bombers.every((client) => client.closeCode() !== undefined))
    expect(new Set(bombers.map((client) => client.closeCode()))).toEqual(new Set([closeCodes.frame_too_large.code]))
    expect(most()).toBeLessThan(24 * MiB)
    buses.record([{ channel: 'bus:1', data: 'here' }])
    await until(() => honest.frames().some(({ payload }) => payload.includes('here')))
  },
)

test('what is small as it comes and as it is inflated is no bomb, whatever is inside', async () => {
  const { gateway } = await runGate({ compression: 'channel', limits: { frameBytes: 65_536 } })
  const client = await open(gateway.address.port, squeezed)
  client.send(clientFrame({ payload: nested, rsv: 4 }))
  // Inflated once it is no text.
  await until(() => client.closeCode() !== undefined)
  expect(client.closeCode()).toBe(closeCodes.bad_frame.code)
})

test.each(shapes)('where nobody may compress, a bomb %s is no frame at all', async (_, frames) => {
  const { gateway } = await runGate({ compression: 'none', limits: { frameBytes: 65_536 } })
  const bombers = await Promise.all(Array.from({ length: 20 }, () => open(gateway.address.port, squeezed)))
  expect(bombers[0]?.answer()).not.toContain('permessage-deflate')
  const most = watchBuffers()
  for (const client of bombers) client.send(Buffer.concat(frames))
  await until(() => bombers.every((client) => client.closeCode() !== undefined))
  expect(new Set(bombers.map((client) => client.closeCode()))).toEqual(new Set([closeCodes.bad_frame.code]))
  expect(most()).toBeLessThan(24 * MiB)
})
