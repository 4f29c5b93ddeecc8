import { ConfigError, type DeclaredChannels, type SinkAttachment } from '#api'
import { overlap, type Pattern, parsePattern, patternNamespace, templatePattern } from './channels.ts'
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
    const problem = namespaceProblem(pattern, namespaces)
    if (problem !== undefined) throw new ConfigError(`${connector}: ${problem}.`)
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
  attachment: SinkAttachment,
  patterns: readonly Pattern[],
  namespaces: Readonly<Record<string, NamespaceSettings>>,
): void {
  const complaints = boundComplaints(attachment, patterns, namespaces)
  if (complaints.length > 0)
    throw new ConfigError(`${attachment.connector}: ${complaints.map(({ error }) => error).join('; ')}.`)
}

interface Complaint {
  readonly key: string
  readonly error: string
}

/** What attaching it would be refused for, but for what others have attached. */
export function complaintsOf(
  declared: DeclaredChannels,
  namespaces: Readonly<Record<string, NamespaceSettings>>,
): readonly Complaint[] {
  const isSink = 'templates' in declared
  const patterns = isSink ? declared.templates.map(templatePattern) : declared.channels.map(parsePattern)
  const key = isSink ? 'channel' : 'channels'
  const outside = patterns.flatMap((pattern) => {
    const error = namespaceProblem(pattern, namespaces)
    return error === undefined ? [] : [{ key, error }]
  })
  return isSink ? [...outside, ...boundComplaints(declared, patterns, namespaces)] : outside
}

function namespaceProblem(pattern: Pattern, namespaces: Readonly<Record<string, unknown>>): string | undefined {
  const namespace = patternNamespace(pattern)
  if (namespace !== undefined && Object.hasOwn(namespaces, namespace)) return undefined
  const names = Object.keys(namespaces).join(', ') || '(none is configured)'
  return `the channel ${pattern.text} lies in no namespace of the gateway; name one of ${names} first`
}

function boundComplaints(
  { window, snapshot, delivery }: Pick<SinkAttachment, 'window' | 'snapshot' | 'delivery'>,
  patterns: readonly Pattern[],
  namespaces: Readonly<Record<string, NamespaceSettings>>,
): readonly Complaint[] {
  return [...new Set(patterns.map(patternNamespace))].flatMap((namespace) => {
    const rules = namespace === undefined ? undefined : namespaces[namespace]
    if (!rules) return []
    const beyond = (key: 'window.max.bytes' | 'snapshot.max.bytes', bytes: number): readonly Complaint[] =>
      bytes > rules[key]
        ? [
            {
              key,
              error: `${key} is ${bytes}, and the namespace ${namespace} allows ${rules[key]} (gateway.namespaces, ${key})`,
            },
          ]
        : []
    const isAllowed = delivery === undefined || rules.deliveries.includes(delivery)
    const error = `delivery is ${delivery}, and the namespace ${namespace} allows ${rules.deliveries.join(', ')}`
    return [
      ...beyond('window.max.bytes', window.maxBytes),
      ...beyond('snapshot.max.bytes', snapshot.maxBytes),
      ...(isAllowed ? [] : [{ key: 'delivery', error }]),
    ]
  })
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
