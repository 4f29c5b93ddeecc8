import { ConfigError, type SinkAttachment } from '#api'
import { overlap, type Pattern, patternNamespace } from './channels.ts'
import type { NamespaceSettings } from './settings.ts'

/** What is attached already. */
export interface Attached {
  readonly connector: string
  readonly patterns: readonly Pattern[]
}

/** Answers the connector's own former attachments. Throws `ConfigError` when the channels lie in no namespace or overlap another's. */
export function checkAttachment<T extends Attached>(
  { connector, patterns }: Attached,
  all: Iterable<T>,
  namespaces: Readonly<Record<string, unknown>>,
): readonly T[] {
  for (const pattern of patterns) {
    const namespace = patternNamespace(pattern)
    if (namespace !== undefined && Object.hasOwn(namespaces, namespace)) continue
    throw new ConfigError(
      `${connector}: the channel ${pattern.text} lies in no namespace of the gateway; name one of ${Object.keys(namespaces).join(', ') || '(none is configured)'} first.`,
    )
  }
  const former: T[] = []
  for (const other of all) {
    if (other.connector === connector) former.push(other)
    else checkOverlap(connector, patterns, other)
  }
  return former
}

/** Throws `ConfigError` when a sink declares more than the namespaces of its channels allow; all complaints at once. */
export function checkBounds(
  { connector, window, snapshot, delivery }: SinkAttachment,
  patterns: readonly Pattern[],
  namespaces: Readonly<Record<string, NamespaceSettings>>,
): void {
  const complaints = [...new Set(patterns.map(patternNamespace))].flatMap((namespace) => {
    const rules = namespace === undefined ? undefined : namespaces[namespace]
    if (!rules) return []
    const beyond = (key: 'window.max.bytes' | 'snapshot.max.bytes', bytes: number): readonly string[] =>
      bytes > rules[key]
        ? [`${key} is ${bytes}, and the namespace ${namespace} allows ${rules[key]} (gateway.namespaces, ${key})`]
        : []
    const isAllowed = delivery === undefined || rules.deliveries.includes(delivery)
    return [
      ...beyond('window.max.bytes', window.maxBytes),
      ...beyond('snapshot.max.bytes', snapshot.maxBytes),
      ...(isAllowed
        ? []
        : [`delivery is ${delivery}, and the namespace ${namespace} allows ${rules.deliveries.join(', ')}`]),
    ]
  })
  if (complaints.length > 0) throw new ConfigError(`${connector}: ${complaints.join('; ')}.`)
}

function checkOverlap(connector: string, patterns: readonly Pattern[], other: Attached): void {
  for (const theirs of other.patterns) {
    const own = patterns.find((pattern) => overlap(pattern, theirs))
    if (own)
      throw new ConfigError(
        `${connector}: the channel ${own.text} overlaps ${theirs.text} of ${other.connector}; a channel has one connector.`,
      )
  }
}
