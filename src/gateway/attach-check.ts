import { ConfigError } from '#api'
import { overlap, type Pattern, patternNamespace } from './channels.ts'

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

function checkOverlap(connector: string, patterns: readonly Pattern[], other: Attached): void {
  for (const theirs of other.patterns) {
    const own = patterns.find((pattern) => overlap(pattern, theirs))
    if (own)
      throw new ConfigError(
        `${connector}: the channel ${own.text} overlaps ${theirs.text} of ${other.connector}; a channel has one connector.`,
      )
  }
}
