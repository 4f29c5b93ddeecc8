import type { Client } from '../client.ts'
import type { Identity } from './auth.ts'

/** One token that a connection had, also in a subscription. */
export type UsedToken = Pick<Identity, 'tokenId' | 'expiresAt'>

/** Of one connection. Who has more than these has some that were never used, and are not known. */
const mostTokens = 256

/** What a connection goes by now is not among them until it is refreshed. */
const used = new WeakMap<Client, Map<string, UsedToken>>()

export function rememberToken(client: Client, { tokenId, expiresAt }: UsedToken): void {
  if (tokenId === undefined) return
  const tokens = used.get(client) ?? new Map<string, UsedToken>()
  used.set(client, tokens)
  tokens.delete(tokenId)
  tokens.set(tokenId, { tokenId, expiresAt })
  const [oldest] = tokens.keys()
  if (tokens.size > mostTokens && oldest !== undefined) tokens.delete(oldest)
}

export const usedTokens = (client: Client): Iterable<UsedToken> => used.get(client)?.values() ?? []
