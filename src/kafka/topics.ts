/** Topics by name, or all whose whole name matches an expression. */
export type TopicSpec = string | RegExp

export interface MatchedTopics {
  readonly existing: readonly string[]
  /** Names that do not exist, and expressions that match nothing. */
  readonly missing: readonly string[]
}

/** Kafka's own topics are read only by who names them. */
const internal = new Set(['__consumer_offsets', '__transaction_state'])

export function matchTopics(specs: readonly TopicSpec[], all: readonly string[]): MatchedTopics {
  const matches = (spec: TopicSpec) =>
    all.filter((name) => (typeof spec === 'string' ? name === spec : !internal.has(name) && spec.test(name)))
  return {
    existing: [...new Set(specs.flatMap(matches))].toSorted(),
    missing: specs.filter((spec) => matches(spec).length === 0).map(String),
  }
}

export interface TopicWatch {
  /** Looks which topics exist; tells through `onMissing` when others are missing than before. */
  look(): Promise<readonly string[]>
  /** How long (ms) to wait until the next look: short while topics are missing. */
  interval(): number
}

/**
 * Follows which of the wanted topics exist, looking every `maxAgeMs`. A missing one is no error, as in Kafka Connect: it is read once it is there.
 */
export function watchTopics(
  specs: readonly TopicSpec[],
  listTopics: () => Promise<readonly string[]>,
  onMissing: (topics: readonly string[]) => void,
  maxAgeMs = 30_000,
): TopicWatch {
  let told = ''
  return {
    async look() {
      const { existing, missing } = matchTopics(specs, await listTopics())
      if (missing.join() !== told) onMissing(missing)
      told = missing.join()
      return existing
    },
    interval: () => (told === '' ? maxAgeMs : Math.min(1000, maxAgeMs)),
  }
}
