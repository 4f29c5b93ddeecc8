/** Who may do something in a namespace: everybody, those whose token says so, nobody. */
export type Access = 'anonymous' | 'token' | 'none'
export type Delivery = 'every' | 'latest' | 'batch'

/** What the platform team allows in a namespace: the bounds within which connectors declare and clients ask. */
export interface NamespaceRules {
  readonly subscribe: Access
  readonly publish: Access
  /** `history` requests, and `from` of a subscription. */
  readonly history: Access
  /** Who is subscribed to a channel. */
  readonly presence: Access
  /** How many are. */
  readonly statistics: Access
  /** Whether publishers are told topic, partition and offset of what they published. */
  readonly 'expose.coordinates': boolean
  readonly snapshots: boolean
  readonly wildcards: boolean
  /** Filters by value and boxes. */
  readonly filters: boolean
  readonly delta: boolean
  readonly deliveries: readonly Delivery[]
  /** A client that falls behind in `every` is moved to `latest`, and back when it has caught up. */
  readonly adaptive: boolean
  /** The most messages, and bytes, a second for one subscription; 0: no bound. */
  readonly 'max.rate': number
  readonly 'max.bandwidth': number
  /** The most messages unacknowledged in ACK mode; 0: no ACK mode. */
  readonly 'max.window': number
  /** How far (ms) a client in `every` may be behind before it is closed. */
  readonly 'lag.max.ms': number
  /** What a connector may declare for the channels here. */
  readonly 'window.max.bytes': number
  readonly 'snapshot.max.bytes': number
}

export type NamespaceRule =
  | { readonly kind: 'access'; readonly default: Access; readonly doc: string }
  | { readonly kind: 'switch'; readonly default: boolean; readonly doc: string }
  | { readonly kind: 'number'; readonly default: number; readonly doc: string }
  | { readonly kind: 'deliveries'; readonly default: readonly Delivery[]; readonly doc: string }

export const accesses: readonly Access[] = ['anonymous', 'token', 'none']
export const deliveries: readonly Delivery[] = ['every', 'latest', 'batch']

const access = (doc: string): NamespaceRule => ({ kind: 'access', default: 'none', doc })
const flag = (standard: boolean, doc: string): NamespaceRule => ({ kind: 'switch', default: standard, doc })
const number = (standard: number, doc: string): NamespaceRule => ({ kind: 'number', default: standard, doc })

/** Every rule of a namespace, what holds when it is not spoken of, and what it means: checks and docs are made from here. */
export const namespaceRules: { readonly [Rule in keyof NamespaceRules]: NamespaceRule } = {
  subscribe: access('Who may subscribe.'),
  publish: access('Who may publish.'),
  history: access('Who may read what was published before: `history` requests, and `from` of a subscription.'),
  presence: access('Who may see who is subscribed to a channel.'),
  statistics: access('Who may see how many are.'),
  'expose.coordinates': flag(false, 'Whether publishers are told topic, partition and offset.'),
  snapshots: flag(true, 'Whether a subscription may begin with a snapshot.'),
  wildcards: flag(true, 'Whether a subscription may name a pattern of channels.'),
  filters: flag(true, 'Whether a subscription may have a filter or a box.'),
  delta: flag(true, 'Whether a subscription may ask for deltas.'),
  deliveries: {
    kind: 'deliveries',
    default: deliveries,
    doc: 'What a subscription may ask for. One that asks for nothing, of a connector that says nothing, gets `every`, or the first here when that is not among them.',
  },
  adaptive: flag(
    false,
    'Whether a client that falls behind in `every` is moved to `latest`, and back when it has caught up.',
  ),
  'max.rate': number(0, 'The most messages a second for one subscription; 0: no bound.'),
  'max.bandwidth': number(0, 'The most bytes a second for one subscription; 0: no bound.'),
  'max.window': number(1000, 'The most messages unacknowledged in ACK mode; 0: no ACK mode.'),
  'lag.max.ms': number(300_000, 'How far behind a client in `every` may be before it is closed.'),
  'window.max.bytes': number(1_073_741_824, 'The most that a connector may declare as `window.max.bytes`.'),
  'snapshot.max.bytes': number(1_073_741_824, 'The most that a connector may declare as `snapshot.max.bytes`.'),
}
