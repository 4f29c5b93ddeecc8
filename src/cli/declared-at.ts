import type { DeclaredAt } from '#api'
import type { Settings } from '../config/index.ts'
import { complaintsOf } from '../gateway/index.ts'

/** What a worker of these settings says of channels, without running it; undefined: it has no gates, here or elsewhere. */
export function declaredAt({ gateway }: Pick<Settings, 'gateway'>): DeclaredAt | undefined {
  if (!gateway.enabled && gateway.link.gates.length === 0) return undefined
  return { complaints: (declared) => complaintsOf(declared, gateway.namespaces) }
}
