import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createAuth, readAuthParts } from '../../../src/gateway/who/auth.ts'
import { plainAuth } from '../../support/plain-edge.ts'
import { manualClock, quietLog } from '../../support/quiet.ts'

const keyOf = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const [first, second] = [keyOf(), keyOf()]

/** An issuer on the loopback address, and an auth that has its keys from there. */
async function makeIssuer() {
  const issuer = { keys: [] as object[], fetches: 0, status: 200, body: undefined as string | undefined }
  const server = createServer((_, response) => {
    issuer.fetches++
    response.writeHead(issuer.status, { location: '/elsewhere' }).end(issuer.body ?? JSON.stringify(issuer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const clock = manualClock(1_700_000_000_000)
  const { port } = server.address() as AddressInfo
  const jwksUrl = `http://127.0.0.1:${port}/jwks.json`
  const auth = { ...plainAuth, jwksUrl, jwksRefreshS: 600, jwksCooldownS: 30, jwksMaxAgeS: 3600 }
  const { verify } = createAuth({ auth, namespaces: {} }, clock, await readAuthParts(auth, clock, quietLog))
  const ask = async (key: KeyObject, kid: string): Promise<string> => {
    const token = await new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'ES256', kid }).sign(key)
    const answer = await verify(token)
    return 'code' in answer ? answer.code : answer.client
  }
  const jwk = async (key: KeyObject, kid: string): Promise<object> => ({ ...(await exportJWK(key)), kid })
  return { issuer, clock, ask, jwk }
}

test('keys are fetched once, and a key that appears in the middle is found without the old one being lost', async () => {
  const { issuer, clock, ask, jwk } = await makeIssuer()
  issuer.keys = [await jwk(first.publicKey, 'a')]
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(first.privateKey, 'a')))
  expect([new Set(many), issuer.fetches]).toEqual([new Set(['ann']), 1])
  issuer.keys = [await jwk(first.publicKey, 'a'), await jwk(second.publicKey, 'b')]
  await clock.advance(31_000)
  expect(await ask(second.privateKey, 'b')).toBe('ann')
  expect(await ask(first.privateKey, 'a')).toBe('ann')
  expect(issuer.fetches).toBe(2)
  // A retired key goes with the next fetch.
  issuer.keys = [await jwk(second.publicKey, 'b')]
  await clock.advance(31_000)
  expect(await ask(first.privateKey, 'c')).toBe('bad_token')
  expect(await ask(first.privateKey, 'a')).toBe('unavailable')
})

test('unknown key ids lead to one fetch in each cool-down, and who may be right is told to come back', async () => {
  const { issuer, clock, ask, jwk } = await makeIssuer()
  issuer.keys = [await jwk(first.publicKey, 'a')]
  expect(await ask(first.privateKey, 'a')).toBe('ann')
  for (let n = 0; n < 10; n++) expect(await ask(second.privateKey, `made-up-${n}`)).toBe('unavailable')
  expect(issuer.fetches).toBe(1)
  await clock.advance(30_000)
  expect(await ask(second.privateKey, 'made-up')).toBe('bad_token')
  for (let n = 0; n < 10; n++) await ask(second.privateKey, `made-up-${n}`)
  expect(issuer.fetches).toBe(2)
  // A key of the right name does not make a forged token good.
  expect(await ask(second.privateKey, 'a')).toBe('bad_token')
})

test.each([
  ['fails', { status: 500 }],
  ['sends elsewhere', { status: 302 }],
  ['answers no keys', { body: 'hello' }],
  ['answers without an end', { body: `"${'x'.repeat(2_000_000)}"` }],
])('while the issuer %s the last keys go on, and not for ever', async (_, wrong) => {
  const { issuer, clock, ask, jwk } = await makeIssuer()
  issuer.keys = [await jwk(first.publicKey, 'a')]
  expect(await ask(first.privateKey, 'a')).toBe('ann')
  Object.assign(issuer, wrong)
  for (let minute = 0; minute < 59; minute++) {
    await clock.advance(60_000)
    expect(await ask(first.privateKey, 'a')).toBe('ann')
  }
  await clock.advance(120_000)
  expect(await ask(first.privateKey, 'a')).toBe('unavailable')
  Object.assign(issuer, { status: 200, body: undefined })
  await clock.advance(30_000)
  expect(await ask(first.privateKey, 'a')).toBe('ann')
})

test('after a quiet night a withdrawn key is known to be one before its first token is taken', async () => {
  const { issuer, clock, ask, jwk } = await makeIssuer()
  issuer.keys = [await jwk(first.publicKey, 'a')]
  expect(await ask(first.privateKey, 'a')).toBe('ann')
  issuer.keys = [await jwk(second.publicKey, 'b')]
  await clock.advance(1_200_000)
  const both = [ask(first.privateKey, 'a'), ask(first.privateKey, 'a')]
  expect(await Promise.all(both)).toEqual(['bad_token', 'bad_token'])
  expect(issuer.fetches).toBe(2)
})
