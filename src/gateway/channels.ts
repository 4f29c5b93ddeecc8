import { isChannelSegment } from '../util/channel-segment.ts'

/** One segment: its literal parts; between two of them lies anything. `['bus']` is constant, `['', '']` is free. */
type Segment = readonly string[]

/** A set of channels: what a template can make, or what a claim or a source names. */
export interface Pattern {
  readonly text: string
  readonly segments: readonly Segment[]
  /** The last segment stands for itself and all that follow. */
  readonly rest: boolean
}

/** What is wrong with the text as a channel, if anything. */
export function channelProblem(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `The channel is longer than ${maxLength} characters.`
  if (text.split(':').every(isChannelSegment)) return undefined
  return 'The channel is not made of segments of A–Z a–z 0–9 . _ ~ - and %XX for all others, joined by a colon.'
}

/** Segments of a pattern: they bound how many patterns a channel can belong to. */
const maxPatternSegments = 8

/** What is wrong with the text as a pattern that a client may subscribe to, if anything. */
export function patternProblem(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `The pattern is longer than ${maxLength} characters.`
  const segments = text.split(':')
  if (segments.length > maxPatternSegments) return `The pattern has more than ${maxPatternSegments} segments.`
  if (segments[0] === '*') return 'The first segment of a pattern is the namespace, which has to be named.'
  if (segments.every((segment) => segment === '*' || isChannelSegment(segment))) return undefined
  return 'The pattern is not made of segments of A–Z a–z 0–9 . _ ~ - and %XX for all others, or a whole *, joined by a colon.'
}

export const namespaceOf = (channel: string): string => {
  const colon = channel.indexOf(':')
  return colon === -1 ? channel : channel.slice(0, colon)
}

/** Reads a pattern: `*` is one whole segment, as the last one the rest. */
export function parsePattern(text: string): Pattern {
  const segments = text.split(':')
  return {
    text,
    segments: segments.map((segment) => (segment === '*' ? ['', ''] : [segment])),
    rest: segments.at(-1) === '*',
  }
}

/** The channels that a template such as `bus:#{value.id}` can make; a value inserted never leaves its segment. */
export function templatePattern(template: string): Pattern {
  const segments: string[][] = [['']]
  for (const piece of template.split(/(#\{[^}]*\}|:)/)) {
    const segment = segments.at(-1) ?? []
    if (piece === ':') segments.push([''])
    else if (piece.startsWith('#{')) segment.push('')
    else segment.push(`${segment.pop() ?? ''}${piece}`)
  }
  return { text: template, segments, rest: false }
}

/** The namespace of all channels of the pattern; undefined when it is not constant. */
export function patternNamespace(pattern: Pattern): string | undefined {
  const first = pattern.segments[0]
  return first?.length === 1 ? first[0] : undefined
}

export function matches(pattern: Pattern, channel: string): boolean {
  const given = channel.split(':')
  const { segments, rest } = pattern
  if (rest ? given.length < segments.length : given.length !== segments.length) return false
  return segments.every((segment, index) => fits(segment, given[index] ?? ''))
}

/** The same for many channels of a pattern that `parsePattern` read: costs something once, and little for each. */
export function matcherOf({ text }: Pattern): (channel: string) => boolean {
  const segments = text.split(':')
  const shapes = segments.map((segment, index) => {
    if (segment !== '*') return segment.replaceAll(/[^\w%~]/g, String.raw`\$&`)
    return index === segments.length - 1 ? '.*' : '[^:]*'
  })
  const shape = new RegExp(`^${shapes.join(':')}$`)
  return (channel) => shape.test(channel)
}

/** Whether one channel may belong to both; where two mixed segments meet it errs towards yes. */
export function overlap(a: Pattern, b: Pattern): boolean {
  const shared = Math.min(a.segments.length, b.segments.length)
  if (a.segments.length > shared && !b.rest) return false
  if (b.segments.length > shared && !a.rest) return false
  return a.segments.slice(0, shared).every((segment, index) => meet(segment, b.segments[index] ?? []))
}

function fits(segment: Segment, text: string): boolean {
  const [first = '', ...others] = segment
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of others) {
    const at = text.indexOf(part, from)
    if (at === -1) return false
    from = at + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

function meet(a: Segment, b: Segment): boolean {
  if (a.length === 1) return fits(b, a[0] ?? '')
  if (b.length === 1) return fits(a, b[0] ?? '')
  const [startA = '', startB = '', endA = '', endB = ''] = [a[0], b[0], a.at(-1), b.at(-1)]
  return (startA.startsWith(startB) || startB.startsWith(startA)) && (endA.endsWith(endB) || endB.endsWith(endA))
}

/** Whether a channel as a client names it is a pattern. */
export const isPattern = (channel: string): boolean => channel.includes('*') && channel.split(':').includes('*')

/** Whether every channel of `inner` belongs to `outer` too; both are as `parsePattern` reads them. */
export function covers(outer: Pattern, inner: Pattern): boolean {
  if (inner.rest && !outer.rest) return false
  const length = outer.segments.length
  if (outer.rest ? inner.segments.length < length : inner.segments.length !== length) return false
  return outer.segments.every((segment, index) => {
    const other = inner.segments[index] ?? []
    return segment.length > 1 || (other.length === 1 && other[0] === segment[0])
  })
}
