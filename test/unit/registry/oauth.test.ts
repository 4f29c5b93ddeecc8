import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError, defineConfig } from '#api'
import { registryKeys } from '../../../src/registry/index.ts'
import { createTokenSource } from '../../../src/registry/oauth.ts'
import { manualClock } from '../../support/quiet.ts'

async function setUp(lifeSeconds: number | undefined, props: Record<string, string> = {}) {
  let given = 0
  const server = createServer((_request, response) =>
    response.end(JSON.stringify({ access_token: `token-${++given}`, expires_in: lifeSeconds })),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const agent = new Agent()
  onTestFinished(() => {
    agent.destroy()
    server.close()
  })
  const clock = manualClock()
  const config = defineConfig(registryKeys).parse({
    'schema.registry.url': 'http://registry',
    'bearer.auth.credentials.source': 'OAUTHBEARER',
    'bearer.auth.issuer.endpoint.url': `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    'bearer.auth.client.id': 'id',
    ...props,
  })
  const tokens = createTokenSource({ config, clock, agentFor: async () => agent })
  return { clock, get: async () => tokens.get(new AbortController().signal) }
}

test.each([
  [3600, {}, 3_299_000],
  [3600, { 'bearer.auth.cache.expiry.buffer.seconds': '60' }, 3_539_000],
  // At most half of its time is given away.
  [100, {}, 49_000],
])(
  'a token of %i s with %o is replaced after %i ms, before it ends',
  async (life, props: Record<string, string>, ms) => {
    const { clock, get } = await setUp(life, props)
    expect(await Promise.all([get(), get()])).toEqual(['token-1', 'token-1'])
    await clock.advance(ms)
    expect(await get()).toBe('token-1')
    await clock.advance(1000)
    expect(await get()).toBe('token-2')
  },
)

test('a token that does not say how long it is good for is used once', async () => {
  const { get } = await setUp(undefined)
  expect([await get(), await get()]).toEqual(['token-1', 'token-2'])
})

test('what is needed is named', async () => {
  await expect(setUp(1, { 'bearer.auth.client.id': '' })).rejects.toThrow(ConfigError)
  await expect(setUp(1, { 'bearer.auth.client.id': '' })).rejects.toThrow('needs bearer.auth.client.id')
})
