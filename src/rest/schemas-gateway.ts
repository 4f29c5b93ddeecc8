import { Type } from 'typebox'
import { strict } from './schemas-parts.ts'

const optional = Type.Optional
const user = optional(Type.String({ description: 'The `sub` of tokens.' }))
const session = optional(Type.String({ description: 'A connection, as `connected` names it.' }))
const channel = optional(Type.String({ description: 'A channel, or a pattern such as `bus:*`.' }))
const reason = optional(Type.String({ description: 'For those who read the list.' }))

/** Of the gateway. */
export const gatewaySchemas = {
  Revoke: Type.Object(
    {
      user,
      session,
      channel,
      until: optional(
        Type.Union([Type.String(), Type.Number()], { description: 'ISO 8601, or milliseconds since the epoch.' }),
      ),
      for: optional(Type.String({ description: 'Instead: a duration such as `90s`, `15m`, `12h` or `7d`.' })),
      reason,
    },
    {
      ...strict,
      description:
        'What to revoke. Of a `user` all tokens that were issued before; of a `session` the connection and its token; of a `channel` what goes on there, for one user or for all. Without an end it stays until it is deleted, but that of a user only as long as `gateway.auth.maxTokenAgeS` lets a token last, and that of a session for a day, while its token stays refused until it expires.',
    },
  ),
  Revocation: Type.Object(
    {
      id: Type.String(),
      user,
      session,
      channel,
      token: optional(Type.String({ description: 'The token that a revoked session had, by its `jti` or a hash.' })),
      at: Type.Number({ description: 'Milliseconds since the epoch.' }),
      until: optional(Type.Number({ description: 'Milliseconds since the epoch; absent: until it is deleted.' })),
      reason,
    },
    { ...strict, description: 'What was revoked.' },
  ),
} as const
