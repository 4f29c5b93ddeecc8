import { isIP, isIPv6 } from 'node:net'

/** What is wrong with values of settings about tokens and proxies, if anything. */

const algorithms: ReadonlySet<string> = new Set(
  ['HS', 'RS', 'PS', 'ES'].flatMap((kind) => ['256', '384', '512'].map((bits) => kind + bits)).concat('EdDSA'),
)

export function algorithmComplaint(value: readonly string[]): string | undefined {
  const foreign = value.find((name) => !algorithms.has(name))
  return foreign === undefined ? undefined : `"${foreign}" is none of ${[...algorithms].join(', ')}`
}

/** Keys that anybody on the way may change are worth nothing; on the loopback address nobody is on the way. */
export function jwksUrlComplaint(value: string | null): string | undefined {
  if (value === null) return undefined
  if (!URL.canParse(value)) return 'must be a URL, such as https://issuer.example/.well-known/jwks.json'
  const { protocol, hostname } = new URL(value)
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined
  return 'must begin with https:// unless it names a loopback address'
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

export function networkComplaint(value: readonly string[]): string | undefined {
  const wrong = value.find((text) => !isNetwork(text))
  return wrong === undefined ? undefined : `"${wrong}" is no IP address and no network such as 10.0.0.0/8`
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  if (isIP(address) === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32))
}

const actions: readonly string[] = ['subscribe', 'publish', 'history', 'presence', 'statistics']

const claimSegment = /^(?:\*|(?:[A-Za-z0-9._~-]|%[0-9A-F]{2}|#\{[^}]+\})+)$/

export function claimsComplaint(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object such as {"subscribe":["bus:*"]}'
  for (const [claim, patterns] of Object.entries(value)) {
    if (!actions.includes(claim)) return `has the unknown claim "${claim}"; known are ${actions.join(', ')}`
    if (!Array.isArray(patterns) || !patterns.every((each) => typeof each === 'string'))
      return `"${claim}" must be a list of patterns of channels`
    const wrong = patterns.find((each: string) => !each.split(':').every((segment) => claimSegment.test(segment)))
    if (wrong !== undefined)
      return `"${claim}" has "${wrong}", which grants nothing: its segments are a whole *, or A–Z a–z 0–9 . _ ~ - %XX and #{claim}`
  }
  return undefined
}
