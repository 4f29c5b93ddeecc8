import type { GatewaySettings } from '../../src/gateway/index.ts'

/** No keys: no token is accepted. */
export const plainAuth: GatewaySettings['auth'] = {
  secret: null,
  publicKeys: [],
  jwksUrl: null,
  jwksRefreshS: 600,
  jwksCooldownS: 30,
  jwksTimeoutMs: 2000,
  jwksMaxAgeS: 3600,
  algorithms: [],
  requireExp: false,
  maxTokenAgeS: 0,
  issuer: null,
  audience: null,
  clockSkewS: 5,
}

export const noTls: GatewaySettings['tls'] = {
  certFile: null,
  keyFile: null,
  keyPassword: null,
  caFile: null,
  clientAuth: 'none',
  minVersion: 'TLSv1.2',
  reloadMs: 10_000,
  identity: 'none',
  claims: {},
}

/** Nothing but anonymous clients that come directly. */
export const plainEdge = {
  auth: plainAuth,
  revocations: { max: 1000 },
  tls: noTls,
  proxy: { trusted: [], protocol: 'none' },
} as const satisfies Partial<GatewaySettings>
