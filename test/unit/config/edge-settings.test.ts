import { expect, test } from 'vitest'
import { loadSettings } from '../../../src/config/load-settings.ts'

test.each([
  ['gateway.auth.jwksUrl', 'https://issuer.example/jwks.json', undefined],
  ['gateway.auth.jwksUrl', 'http://127.0.0.1:8080/jwks', undefined],
  ['gateway.auth.jwksUrl', 'http://[::1]:8080/jwks', undefined],
  ['gateway.auth.jwksUrl', 'http://issuer.example/jwks.json', /must begin with https/],
  ['gateway.auth.jwksUrl', 'http://127.0.0.1.example/jwks', /must begin with https/],
  ['gateway.auth.jwksUrl', 'file:///etc/jwks', /must begin with https/],
  ['gateway.auth.jwksUrl', 'issuer', /must be a URL/],
  ['gateway.auth.algorithms', 'RS256, EdDSA', undefined],
  ['gateway.auth.algorithms', 'none', /"none" is none of HS256/],
  ['gateway.proxy.trusted', '10.0.0.0/8, fd00::/8, 192.0.2.1', undefined],
  ['gateway.proxy.trusted', '10.0.0.0/33', /is no IP address and no network/],
  ['gateway.proxy.trusted', 'proxy.internal', /is no IP address and no network/],
  ['gateway.proxy.protocol', 'v3', /gateway.proxy.protocol/],
  ['gateway.tls.claims', '{"subscribe":["bus:*"]}', undefined],
  ['gateway.tls.claims', '{"subscribes":["bus:*"]}', /unknown claim "subscribes"/],
  ['gateway.tls.claims', '{"subscribe":"bus:*"}', /must be a list of patterns/],
  ['gateway.tls.claims', 'all', /must be an object/],
  ['gateway.tls.claims', '{"subscribe":["bus*"]}', /"bus\*", which grants nothing/],
  ['gateway.tls.claims', '{"publish":["bus:caf%c3%a9"]}', /which grants nothing/],
  ['gateway.tls.claims', '{"publish":["*","report:a-#{sub}:*"]}', undefined],
])('%s = %s', (name, value, complaint) => {
  let said = ''
  try {
    loadSettings({ [name]: value }, {}, {})
  } catch (error) {
    said = String(error)
  }
  expect(said).toMatch(complaint ?? /^$/)
})

test('the claims of certificates may be an object, or text in the environment', () => {
  const claims = { subscribe: ['bus:*'], publish: ['report:#{sub}'] }
  expect(loadSettings({ 'gateway.tls.claims': claims }, {}, {}).gateway.tls.claims).toEqual(claims)
  const env = { TIDEGATE_GATEWAY_TLS_CLAIMS: JSON.stringify(claims) }
  expect(loadSettings({}, env, {}).gateway.tls.claims).toEqual(claims)
})
