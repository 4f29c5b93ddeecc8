import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSessionKeys, type SessionKeySettings } from '../../../../src/herder/distributed/session-keys.ts'
import type { SessionKey } from '../../../../src/storage/index.ts'

const settings: SessionKeySettings = {
  'inter.worker.key.generation.algorithm': 'HmacSHA256',
  'inter.worker.key.size': null,
  'inter.worker.key.ttl.ms': 3_600_000,
  'inter.worker.signature.algorithm': 'HmacSHA256',
  'inter.worker.verification.algorithms': ['HmacSHA256'],
}

function setUp(more: Partial<SessionKeySettings> = {}) {
  const cluster: { key?: SessionKey | undefined; now: number } = { now: 1_000_000 }
  const keys = createSessionKeys({
    settings: { ...settings, ...more },
    current: () => cluster.key,
    now: () => cluster.now,
  })
  const renew = () => {
    cluster.key = keys.due()
  }
  const headersOf = (body: Buffer) => {
    const signed = keys.sign(body)
    return {
      authorization: signed['X-Connect-Authorization'],
      algorithm: signed['X-Connect-Request-Signature-Algorithm'],
    }
  }
  return { cluster, keys, renew, headersOf }
}

const body = Buffer.from('[{"a":"b"}]')
const thrown = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

test('signs as Kafka Connect does, and takes what it signed', () => {
  const { cluster, keys, renew, headersOf } = setUp()
  renew()
  const headers = headersOf(body)
  expect(headers).toEqual({
    authorization: createHmac('sha256', cluster.key?.key ?? '')
      .update(body)
      .digest('base64'),
    algorithm: 'HmacSHA256',
  })
  expect(() => keys.verify(body, headers)).not.toThrow()
  expect(() => keys.verify(Buffer.alloc(0), headersOf(Buffer.alloc(0)))).not.toThrow()
})

test.each([
  ['no signature', {}, 400, 'Internal request missing required signature'],
  ['no algorithm', { authorization: 'AAAA' }, 400, 'Internal request missing required signature'],
  [
    'an algorithm that nobody knows',
    { authorization: 'AAAA', algorithm: 'Rot13' },
    400,
    'Algorithm Rot13 not available',
  ],
  ['an algorithm that every object has', { authorization: 'AAAA', algorithm: 'constructor' }, 400, 'not available'],
  [
    'an algorithm that is not taken here',
    { authorization: 'AAAA', algorithm: 'HmacSHA1' },
    400,
    "support the 'HmacSHA1' key signing algorithm used by other workers. This worker is currently configured to use: [HmacSHA256].",
  ],
  ['no base64', { authorization: '!!', algorithm: 'HmacSHA256' }, 400, 'base64'],
  [
    'a wrong signature',
    { authorization: 'AAAA', algorithm: 'HmacSHA256' },
    403,
    'Internal request contained invalid signature.',
  ],
])('refuses %s', (_, headers, status, message) => {
  const { keys, renew } = setUp()
  renew()
  expect(thrown(() => keys.verify(body, headers))).toMatchObject({ status, message: expect.stringContaining(message) })
})

test('refuses a signature of another body', () => {
  const { keys, renew, headersOf } = setUp()
  renew()
  const headers = headersOf(body)
  expect(thrown(() => keys.verify(Buffer.from('[]'), headers))).toMatchObject({ status: 403 })
})

test('says that it is still starting while no key is known', () => {
  const { keys } = setUp()
  const starting = { status: 503, message: expect.stringContaining('has not been able to read a session key') }
  expect(thrown(() => keys.verify(body, { authorization: 'AAAA', algorithm: 'HmacSHA256' }))).toMatchObject(starting)
  expect(thrown(() => keys.sign(body))).toMatchObject(starting)
})

test('takes the former key for a minute, and no longer', () => {
  const { cluster, keys, renew, headersOf } = setUp()
  renew()
  const headers = headersOf(body)
  cluster.now += 3_600_000
  renew()
  expect(() => keys.verify(body, headers)).not.toThrow()
  cluster.now += 60_000
  expect(thrown(() => keys.verify(body, headers))).toMatchObject({ status: 403 })
  expect(() => keys.verify(body, headersOf(body))).not.toThrow()
})

test.each([
  ['HmacSHA256', null, 32],
  ['HmacMD5', null, 64],
  ['HmacSHA3-384', null, 48],
  ['HmacSHA512', 41, 6],
])('makes keys of %s with %s bits as Java does', (algorithm, size, bytes) => {
  const { keys } = setUp({ 'inter.worker.key.generation.algorithm': algorithm, 'inter.worker.key.size': size })
  const key = keys.due()
  expect(key).toMatchObject({ algorithm, createdAt: 1_000_000 })
  expect(key?.key).toHaveLength(bytes)
})

test('a key is due when there is none, when it is old, and when it is of another kind', () => {
  const { cluster, keys, renew } = setUp()
  expect(keys.dueAt()).toBe(cluster.now)
  renew()
  expect(keys.due()).toBeUndefined()
  expect(keys.dueAt()).toBe(cluster.now + 3_600_000)
  cluster.now += 3_600_000
  expect(keys.due()).toMatchObject({ createdAt: cluster.now })
  cluster.key = { key: Buffer.alloc(32), algorithm: 'HmacSHA512', createdAt: cluster.now }
  expect(keys.due()).toMatchObject({ algorithm: 'HmacSHA256' })
})

test('with a ttl of 0 a key stays for ever', () => {
  const { cluster, keys, renew } = setUp({ 'inter.worker.key.ttl.ms': 0 })
  renew()
  cluster.now += 10 ** 12
  expect(keys.due()).toBeUndefined()
  expect(keys.dueAt()).toBeUndefined()
})

test('a signature for one port is none for another, nor for a request without one', () => {
  const { keys, renew } = setUp()
  renew()
  const signed = keys.sign(body, 'lane/a/0')
  const headers = {
    authorization: signed['X-Connect-Authorization'],
    algorithm: signed['X-Connect-Request-Signature-Algorithm'],
  }
  keys.verify(body, headers, 'lane/a/0')
  for (const port of ['lane/a/1', undefined])
    expect(thrown(() => keys.verify(body, headers, port))).toMatchObject({ status: 403 })
})
