import { expect, test } from 'vitest'
import { readProxyHeader } from '../../../src/gateway/listener/proxy-header.ts'

const v2 = (command: number, family: number, body: Buffer, length = body.length): Buffer => {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1')
  head.writeUInt8(command, 12)
  head.writeUInt8(family, 13)
  head.writeUInt16BE(length, 14)
  return Buffer.concat([head, body])
}
const four = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0x1f, 0x90])
const six = Buffer.concat([
  Buffer.from('20010db8000000000000000000000007', 'hex'),
  Buffer.alloc(16, 1),
  Buffer.alloc(4),
])
const mapped = Buffer.concat([Buffer.from('00000000000000000000ffffc0000207', 'hex'), Buffer.alloc(20, 1)])
const line = 'PROXY TCP4 192.0.2.7 10.0.0.1 4711 8080\r\n'

test.each([
  [line, 'v1', { length: line.length, address: '192.0.2.7' }],
  ['PROXY TCP6 2001:db8::7 ::1 1 2\r\n', 'any', { length: 32, address: '2001:db8::7' }],
  ['PROXY UNKNOWN\r\n', 'v1', { length: 15 }],
  ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET', 'v1', { length: 35 }],
  [v2(0x21, 0x11, four), 'v2', { length: 28, address: '192.0.2.7' }],
  [v2(0x21, 0x21, six), 'any', { length: 52, address: '2001:db8::7' }],
  [v2(0x21, 0x11, Buffer.concat([four, Buffer.from('extension')])), 'v2', { length: 37, address: '192.0.2.7' }],
  // The door counts it as the IPv4 address that it is.
  [v2(0x21, 0x21, mapped), 'v2', { length: 52, address: '::ffff:c000:207' }],
  [v2(0x20, 0x00, Buffer.alloc(0)), 'v2', { length: 16 }],
  [v2(0x20, 0x11, four), 'v2', { length: 28 }],
  [v2(0x21, 0x31, Buffer.alloc(216)), 'v2', { length: 232 }],
] as const)('of %j', (bytes, version, expected) => {
  const whole = Buffer.from(bytes)
  expect(readProxyHeader(whole, version)).toEqual(expected)
  // It may come in any pieces.
  for (let end = 0; end < expected.length; end++)
    expect(readProxyHeader(whole.subarray(0, end), version), `${end} bytes`).toBe('more')
})

test.each([
  [line, 'v2'],
  [v2(0x21, 0x11, four), 'v1'],
  ['GET / HTTP/1.1\r\n', 'any'],
  ['PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n', 'v1'],
  ['PROXY TCP4 192.0.2.7 10.0.0.1 4711 8080 9\r\n', 'v1'],
  ['PROXY TCP4 192.0.2.7 10.0.0.1 4711 65536\r\n', 'v1'],
  ['PROXY TCP4 192.0.2.7 10.0.0.1 04711 80\r\n', 'v1'],
  ['PROXY TCP4 2001:db8::7 ::1 1 2\r\n', 'v1'],
  ['PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n', 'v1'],
  ['PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n', 'v1'],
  ['PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n', 'v1'],
  [`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`, 'v1'],
  [`PROXY ${'x'.repeat(200)}`, 'v1'],
  [v2(0x11, 0x11, four), 'v2'],
  [v2(0x22, 0x11, four), 'v2'],
  [v2(0x21, 0x41, four), 'v2'],
  [v2(0x21, 0x13, four), 'v2'],
  [v2(0x21, 0x21, four), 'v2'],
  [v2(0x21, 0x11, four, 4), 'v2'],
  [v2(0x21, 0x11, four, 65_535), 'v2'],
] as const)('%j is malformed as %s', (bytes, version) => {
  expect(readProxyHeader(Buffer.from(bytes), version)).toBe('malformed')
})
