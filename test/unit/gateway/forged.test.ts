import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { channelProblem } from '../../../src/gateway/channels.ts'
import { createAuth, type Identity, readAuthParts } from '../../../src/gateway/who/auth.ts'
import { plainAuth } from '../../support/plain-edge.ts'
import { manualClock, quietLog } from '../../support/quiet.ts'
import { fakeGate, feeder, manualClock as gateClock, makeAttachment, secret, settle } from './harness.ts'

const issuer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const forger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

/** An auth with the keys of an issuer, and how often anybody was asked for keys. */
async function withIssuer() {
  const jwk = { ...(await exportJWK(issuer.publicKey)), kid: 'own' }
  let asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = { ...plainAuth, secret, jwksUrl: `${url}/jwks` }
  const clock = manualClock(1_700_000_000_000)
  const { verify } = createAuth({ auth, namespaces: {} }, clock, await readAuthParts(auth, clock, quietLog))
  const sign = (header: object, key: KeyObject = forger.privateKey): Promise<string> =>
    new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key)
  return { url, verify, sign, asked: () => asked, forget: () => (asked = []) }
}

test('a token brings no key of its own, nor tells where one could be had', async () => {
  const { url, verify, sign, asked, forget } = await withIssuer()
  expect(await verify(await sign({ kid: 'own' }, issuer.privateKey))).toMatchObject({ client: 'ann' })
  forget()
  const jwk = await exportJWK(forger.publicKey)
  for (const header of [
    { kid: 'own', jwk },
    { kid: 'own', jku: `${url}/forged` },
    { kid: 'own', x5u: `${url}/forged` },
    { jwk: { ...jwk, kid: 'own' } },
  ])
    expect(await verify(await sign(header))).toMatchObject({ code: 'bad_token' })
  expect(asked()).toEqual([])
})

test.each([
  [{ alg: 'none' }],
  [{ alg: 'NONE' }],
  [{ alg: 'hs256' }],
  [{ alg: '' }],
  [{ alg: ['ES256'] }],
  [{ alg: 256 }],
  [{}],
  [{ alg: 'ES256', kid: 'own', crit: ['x'], x: 1 }],
  [{ alg: 'ES256', kid: 'own', b64: false, crit: ['b64'] }],
  [{ alg: 'HS256', kid: '../../../../dev/null' }],
  [{ alg: 'HS256', kid: "' OR 1=1" }],
  [{ alg: 'HS256', kid: { own: true } }],
])('the head %j opens nothing', async (head) => {
  const { verify } = await withIssuer()
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const signature of ['', 'AA', Buffer.alloc(64).toString('base64url'), Buffer.alloc(32).toString('base64url')])
    expect(await verify(`${part(head)}.${part({ sub: 'ann' })}.${signature}`)).toMatchObject({ code: 'bad_token' })
})

test('names of keys that nobody knows, whatever they are, cost the issuer one question in each cool-down', async () => {
  const { verify, sign, asked } = await withIssuer()
  const tokens = await Promise.all(
    ['__proto__', 'constructor', '', 'x'.repeat(5000), ...Array.from({ length: 200 }, (_, n) => `kid-${n}`)].map(
      (kid) => sign({ kid }),
    ),
  )
  const answers = await Promise.all(tokens.map((each) => verify(each)))
  expect(answers.every((answer) => 'code' in answer)).toBe(true)
  expect(asked()).toEqual(['/jwks'])
})

const grants = async (claims: object): Promise<(channel: string) => boolean> => {
  const open = { subscribe: 'token', publish: 'token', history: 'token' }
  const auth = createAuth({ auth: { ...plainAuth, secret }, namespaces: { report: open } as never }, gateClock())
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
  const who = (await auth.verify(token)) as Identity
  return (channel) => auth.allows(who, 'publish', channel)
}

test.each([
  ['*', 'report:%2A'],
  ['*:*', 'report:%2A%3A%2A'],
  ['ann:secret', 'report:ann%3Asecret'],
  ['%2A', 'report:%252A'],
  ['#{tenant}', 'report:%23%7Btenant%7D'],
  ['zoë', 'report:zo%C3%AB'],
  ['\u202Eann', 'report:%E2%80%AEann'],
  ['.', 'report:.'],
])('a subject %j is one segment and nothing but itself', async (sub, own) => {
  const allows = await grants({ sub, tenant: '*', publish: ['report:#{sub}'] })
  expect(allows(own)).toBe(true)
  const others = ['report:ann', 'report:bob', 'report:*', 'report:ann:secret', 'report:*:*', 'report', 'report:']
  expect(others.filter(allows)).toEqual([])
})

test('letters that only look alike, or are made up otherwise, are other letters', async () => {
  const allows = await grants({ sub: 'zo\u00EB', publish: ['report:#{sub}'] })
  expect(allows('report:zo%C3%AB')).toBe(true)
  // The same to the eye, from two code points.
  expect(allows(`report:${encodeURIComponent('zoe\u0308')}`)).toBe(false)
  expect(allows('report:zo%c3%ab')).toBe(false)
  expect(allows('report:ZO%C3%AB')).toBe(false)
})

test('a channel has one spelling: what is revoked or granted by it cannot be had by another', async () => {
  for (const code of Array.from({ length: 128 }, (_, n) => n)) {
    const char = String.fromCharCode(code)
    const escape = `%${code.toString(16).toUpperCase().padStart(2, '0')}`
    const needsNone = /[A-Za-z0-9._~-]/.test(char)
    expect([escape, channelProblem(`report:${escape}`, 255) === undefined]).toEqual([escape, !needsNone])
  }
  const gate = fakeGate(gateClock())
  gate.hub.port.attachSource({ connector: 'c', channels: ['report:*'], publish: async () => ({ ok: true }) })
  feeder(gate.hub.port.attachSink(makeAttachment())).feed.ready()
  const client = gate.connect()
  client.send({ type: 'publish', id: 1, channel: 'report:ann', data: 1 })
  client.send({ type: 'publish', id: 2, channel: 'report:%61nn', data: 1 })
  client.send({ type: 'subscribe', id: 3, channel: 'bus:%31' })
  client.send({ type: 'subscribe', id: 4, channel: 'bus:%31:*' })
  await settle()
  expect(client.of('published')).toHaveLength(1)
  expect(client.of('error').map(({ code }) => code)).toEqual(['bad_channel', 'bad_channel', 'bad_channel'])
})
