import { createHash } from 'node:crypto'
import type { Props } from '#api'

const decides =
  /^(topics|topics\.regex|transforms|transforms\..*|predicates|predicates\..*|(key|value|header)\.converter(\..*)?|channel|message\.key)$/
const accessOnly = /\.converter\.(schema\.registry|basic\.auth|bearer\.auth)\./

/**
 * A short hash of every property that changes which messages a record becomes. Names, limits, and where and with which
 * credentials the registry is reached are left out: positions stay valid across such a change.
 */
export function ruleOf(props: Props): string {
  const entries = Object.entries(props)
    .filter(([name, value]) => value != null && decides.test(name) && !accessOnly.test(name))
    .map(([name, value]) => [name, String(value).trim()] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, 16)
}
