import { atLeast, isUrl } from '#api'

const secret = (doc: string) => ({ type: 'password', importance: 'medium', default: null, doc }) as const

const text = (doc: string) => ({ type: 'string', importance: 'low', default: null, doc }) as const

/** How the client shows the registry who it is. */
export const authKeys = {
  'basic.auth.credentials.source': {
    type: 'string',
    importance: 'medium',
    default: 'URL',
    values: ['URL', 'USER_INFO', 'SASL_INHERIT'],
    doc: 'Where user and password come from: the URL, `basic.auth.user.info`, or the user name and password in `sasl.jaas.config` among these properties.',
  },
  'basic.auth.user.info': secret('User and password as `user:password`, for the source `USER_INFO`.'),
  'schema.registry.basic.auth.user.info': secret('The former name of `basic.auth.user.info`.'),
  'sasl.jaas.config': secret('A login module with `username="…" password="…"`, for the source `SASL_INHERIT`.'),
  'bearer.auth.credentials.source': {
    type: 'string',
    importance: 'medium',
    default: 'STATIC_TOKEN',
    values: ['STATIC_TOKEN', 'OAUTHBEARER'],
    doc: 'Where the token comes from that is sent instead of user and password: `bearer.auth.token`, or an issuer that is asked with a client id and secret.',
  },
  'bearer.auth.token': secret('A token that is sent with each request instead of user and password.'),
  'bearer.auth.issuer.endpoint.url': {
    type: 'string',
    importance: 'medium',
    default: null,
    validator: isUrl('http:', 'https:'),
    doc: 'The URL that gives tokens to clients (OAuth client credentials), for the source `OAUTHBEARER`.',
  },
  'bearer.auth.client.id': text('The client id for the issuer.'),
  'bearer.auth.client.secret': secret('The client secret for the issuer.'),
  'bearer.auth.scope': text('The scope that is asked of the issuer.'),
  'bearer.auth.logical.cluster': text('Sent as the header `target-sr-cluster` beside a token.'),
  'bearer.auth.identity.pool.id': text('Sent as the header `Confluent-Identity-Pool-Id` beside a token.'),
  'bearer.auth.cache.expiry.buffer.seconds': {
    type: 'int',
    importance: 'low',
    default: 300,
    validator: atLeast(0),
    doc: 'How long before its end a token is replaced; at most half of the time it is good for.',
  },
} as const
