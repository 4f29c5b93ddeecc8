import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { AuthSettings } from '../../../src/gateway/settings.ts'
import { createAuth, type Identity, readAuthParts } from '../../../src/gateway/who/auth.ts'
import { plainAuth } from '../../support/plain-edge.ts'
import { manualClock, quietLog, recordingLog } from '../../support/quiet.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const now = 1_700_000_000_000
const seconds = now / 1000
const long = 'x'.repeat(64)
const pair = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
  ed: generateKeyPairSync('ed25519'),
}
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

const rules = { bus: 'token', open: 'anonymous', shut: 'none' } as const
const namespaces = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, { subscribe: rule, publish: rule, history: rule }]),
) as never

async function makeAuth(change: Partial<AuthSettings>, file?: string) {
  const auth = { ...plainAuth, ...change }
  if (file !== undefined) {
    const path = join(await tempFolder(), 'keys')
    await writeFile(path, file)
    Object.assign(auth, { publicKeys: [path] })
  }
  const clock = manualClock(now)
  return createAuth({ auth, namespaces }, clock, await readAuthParts(auth, clock, quietLog))
}

const sign = (claims: object, key: KeyObject | string, alg: string, header: object = {}): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg, ...header })
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key)

const allPems = Object.values(pair)
  .map(({ publicKey }) => pem(publicKey))
  .join('')

test.each([
  ['HS256', long],
  ['HS384', long],
  ['HS512', long],
  ['RS256', pair.rsa.privateKey],
  ['RS384', pair.rsa.privateKey],
  ['RS512', pair.rsa.privateKey],
  ['PS256', pair.rsa.privateKey],
  ['PS384', pair.rsa.privateKey],
  ['PS512', pair.rsa.privateKey],
  ['ES256', pair.p256.privateKey],
  ['ES384', pair.p384.privateKey],
  ['ES512', pair.p521.privateKey],
  ['EdDSA', pair.ed.privateKey],
])('a token signed with %s is taken, and no longer when another bit of it is', async (alg, key) => {
  const auth = await makeAuth({ secret: long }, allPems)
  const token = await sign({ sub: 'ann' }, key, alg)
  expect(await auth.verify(token)).toMatchObject({ client: 'ann', isAuthenticated: true })
  const [head, , signature] = token.split('.')
  const forged = [head, Buffer.from('{"sub":"bob"}').toString('base64url'), signature].join('.')
  expect(await auth.verify(forged)).toMatchObject({ code: 'bad_token' })
  const only = await makeAuth({ secret: long, algorithms: [alg === 'HS256' ? 'RS256' : 'HS256'] }, allPems)
  expect(await only.verify(token)).toMatchObject({ code: 'bad_token' })
})

test('a public key is no secret, and no signature is none', async () => {
  const text = pem(pair.rsa.publicKey)
  const auth = await makeAuth({}, text)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: 'ann' })}`
  for (const secret of [text, text.trim()]) {
    const mac = createHmac('sha256', secret).update(signed).digest('base64url')
    expect(await auth.verify(`${signed}.${mac}`)).toMatchObject({ code: 'bad_token' })
  }
  expect(await auth.verify(`${part({ alg: 'none' })}.${part({ sub: 'ann' })}.`)).toMatchObject({ code: 'bad_token' })
  expect(await auth.verify('x')).toMatchObject({ code: 'bad_token' })
})

test('a JWKS file has keys by their names, and one that signs nothing or is a secret is passed over', async () => {
  const jwks = {
    keys: [
      { ...(await exportJWK(pair.ed.publicKey)), kid: 'a' },
      { ...(await exportJWK(pair.rsa.publicKey)), kid: 'b', alg: 'RS256' },
      { kty: 'oct', k: Buffer.from(long).toString('base64url'), kid: 'c' },
      { ...(await exportJWK(pair.p256.publicKey)), kid: 'd', use: 'enc' },
    ],
  }
  const auth = await makeAuth({}, JSON.stringify(jwks))
  const verdict = async (key: KeyObject | string, alg: string, kid?: string): Promise<boolean> =>
    !('code' in (await auth.verify(await sign({ sub: 'ann' }, key, alg, kid === undefined ? {} : { kid }))))
  expect(await verdict(pair.ed.privateKey, 'EdDSA', 'a')).toBe(true)
  expect(await verdict(pair.ed.privateKey, 'EdDSA')).toBe(true)
  expect(await verdict(pair.ed.privateKey, 'EdDSA', 'b')).toBe(false)
  expect(await verdict(pair.rsa.privateKey, 'RS256', 'b')).toBe(true)
  expect(await verdict(pair.rsa.privateKey, 'PS256', 'b')).toBe(false)
  expect(await verdict(long, 'HS256', 'c')).toBe(false)
  expect(await verdict(pair.p256.privateKey, 'ES256', 'd')).toBe(false)
})

test.each([
  [pair.ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /holds a private key/],
  [pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), /signs no tokens/],
  [pem(generateKeyPairSync('x25519').publicKey), /signs no tokens/],
  ['nothing', /holds no public key/],
  ['{"keys": 1}', /no JWKS/],
])('a file that cannot be used is named with what is wrong', async (text, reason) => {
  await expect(makeAuth({}, text)).rejects.toThrow(reason)
})

test('an algorithm that no key fits is a mistake', async () => {
  await expect(makeAuth({ secret: 'x'.repeat(32), algorithms: ['HS512'] })).rejects.toThrow(/no key fits HS512/)
})

test('expiry, age and start of a token count, with the clock skew', async () => {
  const auth = await makeAuth({ secret: long, clockSkewS: 5 })
  const strict = await makeAuth({ secret: long, clockSkewS: 5, requireExp: true, maxTokenAgeS: 60 })
  const ask = async (by: typeof auth, claims: object): Promise<unknown> => {
    const answer = await by.verify(await sign({ sub: 'ann', ...claims }, long, 'HS256'))
    return 'code' in answer ? answer.code : answer.expiresAt
  }
  expect(await ask(auth, {})).toBeUndefined()
  expect(await ask(auth, { exp: seconds + 9 })).toBe(now + 14_000)
  expect(await ask(auth, { exp: seconds - 4 })).toBe(now + 1000)
  expect(await ask(auth, { exp: seconds - 6 })).toBe('bad_token')
  expect(await ask(auth, { nbf: seconds + 6 })).toBe('bad_token')
  expect(await ask(auth, { exp: 1e300 })).toBe(8.64e15)
  expect(await ask(strict, { iat: seconds })).toBe('bad_token')
  expect(await ask(strict, { exp: seconds + 999 })).toBe('bad_token')
  expect(await ask(strict, { exp: seconds + 999, iat: seconds - 10 })).toBe(now + 55_000)
  expect(await ask(strict, { exp: seconds + 999, iat: seconds - 70 })).toBe('bad_token')
})

test.each([
  ['bus:#{sub}', 'bus:ann', true],
  ['bus:#{sub}', 'bus:bob', false],
  ['bus:#{tenant}:*', 'bus:acme:7:x', true],
  ['bus:#{tenant}:*', 'bus:acme', false],
  ['bus:#{org.id}', 'bus:42', true],
  ['bus:#{a.b}', 'bus:dotted', true],
  ['bus:#{star}', 'bus:anything', false],
  ['bus:#{star}', 'bus:%2A', true],
  ['bus:#{colon}', 'bus:a:b', false],
  ['bus:#{colon}', 'bus:a%3Ab', true],
  ['bus:#{missing}', 'bus:', false],
  ['bus:#{missing}*', 'bus:*', false],
  ['bus:#{empty}', 'bus:', false],
  ['bus:#{flag}', 'bus:true', false],
  ['bus:#{org}', 'bus:[object Object]', false],
  ['bus:#{huge}', 'bus:9007199254740993', false],
  ['bus:#{toString}', 'bus:x', false],
  ['bus:*', 'bus:*', true],
  ['bus:*', 'bus:*:pos', true],
  ['*', 'bus:*', true],
  ['bus:*:pos', 'bus:*', false],
  ['bus:1', 'bus:*', false],
  ['bus:*:pos', 'bus:*:pos', true],
  ['bus:1:*', 'bus:*:pos', false],
])('the claim %s grants %s: %s', async (claim, channel, granted) => {
  const auth = await makeAuth({ secret: long })
  const facts = {
    tenant: 'acme',
    org: { id: 42 },
    'a.b': 'dotted',
    star: '*',
    colon: 'a:b',
    empty: '',
    flag: true,
    huge: 2 ** 53,
  }
  const who = (await auth.verify(await sign({ sub: 'ann', ...facts, subscribe: [claim] }, long, 'HS256'))) as Identity
  expect(auth.allows(who, 'subscribe', channel)).toBe(granted)
  expect(auth.allows(who, 'publish', channel)).toBe(false)
})

test('a token is known by its jti, else by what it says, however its signature is written', async () => {
  const auth = await makeAuth({ secret: long }, pem(pair.p256.publicKey))
  const idOf = async (token: string): Promise<unknown> => ((await auth.verify(token)) as Identity).tokenId
  expect(await idOf(await sign({ jti: '7' }, long, 'HS256'))).toBe('jti:7')
  const token = await sign({ sub: 'ann' }, pair.p256.privateKey, 'ES256')
  const [head = '', body = '', signature = ''] = token.split('.')
  // Of an ECDSA signature (r, s) the twin (r, n - s) is as good.
  const bytes = Buffer.from(signature, 'base64url')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  const other = [head, body, twin.toString('base64url')].join('.')
  expect(other).not.toBe(token)
  expect(await idOf(other)).toBe(await idOf(token))
})

test('keys in files that changed are used from then on, and the former ones as long as the changed cannot be', async () => {
  const path = join(await tempFolder(), 'keys.pem')
  await writeFile(path, pem(pair.p256.publicKey))
  const auth = { ...plainAuth, publicKeys: [path], algorithms: ['ES256'] }
  const clock = manualClock(now)
  const log = recordingLog()
  const parts = await readAuthParts(auth, clock, log, 5000)
  const { verify } = createAuth({ auth, namespaces }, clock, parts)
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const [before, after] = [
    await sign({ sub: 'ann' }, pair.p256.privateKey, 'ES256'),
    await sign({ sub: 'ann' }, other.privateKey, 'ES256'),
  ]
  const isTaken = async (token: string): Promise<boolean> => !('code' in (await verify(token)))
  const look = async (): Promise<void> => {
    await clock.advance(5000)
    parts.keyFiles.look(clock.now())
  }
  await look()
  const errors = (): number => log.lines.filter(({ level }) => level === 'error').length
  // Whole at once, as keys are replaced: a look may fall anywhere.
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
  for (const broken of ['half of a', pem(pair.p384.publicKey)]) {
    const told = errors()
    await replace(broken)
    await expect.poll(async () => (await look(), errors())).toBe(told + 1)
    await look()
    expect([await isTaken(before), await isTaken(after)]).toEqual([true, false])
  }
  await replace(pem(other.publicKey))
  await expect.poll(async () => (await look(), isTaken(after))).toBe(true)
  expect(await isTaken(before)).toBe(false)
})
