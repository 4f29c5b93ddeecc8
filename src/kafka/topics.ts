import type { Clock, Logger } from '#api'
import type { ConsumerOptions } from './ports.ts'

export interface TopicLookup {
  listTopics(): Promise<readonly string[]>
  readonly log: Logger
  readonly clock: Clock
}

const lookAgainMs = 1000

/**
 * Resolves with the topics that the options name or match, once every named one exists and every expression matches one.
 * A topic that does not exist yet is no error, as in Kafka Connect; it is told in the log and through `onMissing`.
 * With `signal` aborted it resolves with those there are.
 */
export async function awaitTopics(
  { listTopics, log, clock }: TopicLookup,
  options: ConsumerOptions,
): Promise<readonly string[]> {
  let told = ''
  for (let unreachable = false; ; ) {
    try {
      const existing = await listTopics()
      if (unreachable) options.onUpstream({ reachable: true, since: clock.now() })
      unreachable = false
      const missing = options.topics.filter((topic) => matching(topic, existing).length === 0).map(String)
      if (missing.join() !== told) {
        told = missing.join()
        if (missing.length > 0)
          log.warn({ topics: missing, group: options.groupId }, 'topics do not exist yet; reading begins when they do')
        options.onMissing(missing)
      }
      if (missing.length === 0 || options.signal.aborted) {
        return [...new Set(options.topics.flatMap((topic) => matching(topic, existing)))]
      }
    } catch (error) {
      if (options.signal.aborted) return []
      if (!unreachable) {
        log.warn({ error: String(error) }, 'Kafka does not answer and is asked again')
        options.onUpstream({ reachable: false, since: clock.now() })
      }
      unreachable = true
    }
    await clock.sleep(lookAgainMs, options.signal)
  }
}

const matching = (topic: string | RegExp, existing: readonly string[]): readonly string[] =>
  existing.filter((name) => (typeof topic === 'string' ? name === topic : topic.test(name)))
