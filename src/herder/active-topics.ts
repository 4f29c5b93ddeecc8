import { ForbiddenError } from '#api'
import type { ActiveTopics } from '../runtime/index.ts'

/** The most topics that are kept of one connector. */
const maxTopics = 10_000

export interface TopicTrackingSettings {
  readonly 'topic.tracking.enable': boolean
  readonly 'topic.tracking.allow.reset': boolean
}

/** The topics of connectors, in memory; a connector that was never made or was forgotten has none. */
export interface ActiveTopicsStore extends ActiveTopics {
  /** Sorted. Throws `ForbiddenError` when they are not tracked. */
  list(connector: string): readonly string[]
  /** Throws `ForbiddenError` when they are not tracked or may not be reset. */
  reset(connector: string): void
  forget(connector: string): void
}

/** `isKnown`: what a task that was left behind says of a connector that is gone is not kept. */
export function createActiveTopics(
  settings: TopicTrackingSettings,
  isKnown: (connector: string) => boolean,
): ActiveTopicsStore {
  const byConnector = new Map<string, Set<string>>()
  const enabled = settings['topic.tracking.enable']
  const checkEnabled = () => {
    if (!enabled) throw new ForbiddenError('Topic tracking is disabled.')
  }
  return {
    record(connector, _task, topic) {
      if (!enabled) return
      const topics = byConnector.get(connector)
      if (topics?.has(topic) || (topics?.size ?? 0) >= maxTopics || !isKnown(connector)) return
      if (topics) topics.add(topic)
      else byConnector.set(connector, new Set([topic]))
    },
    list(connector) {
      checkEnabled()
      return [...(byConnector.get(connector) ?? [])].toSorted()
    },
    reset(connector) {
      checkEnabled()
      if (!settings['topic.tracking.allow.reset']) throw new ForbiddenError('Topic tracking reset is disabled.')
      byConnector.delete(connector)
    },
    forget: (connector) => byConnector.delete(connector),
  }
}
