import { ForbiddenError } from '#api'
import type { ActiveTopics } from '../runtime/index.ts'
import type { StatusStore } from '../storage/index.ts'

/** The most topics that are kept of one connector in memory. */
const maxTopics = 10_000

export interface TopicTrackingSettings {
  readonly 'topic.tracking.enable': boolean
  readonly 'topic.tracking.allow.reset': boolean
}

/** Where the topics of connectors are kept; `topics` are sorted, and what is put twice is there once. */
export type TopicUses = Pick<StatusStore, 'topics' | 'putTopic' | 'removeTopics'>

/** The topics of connectors; a connector that was never made or was forgotten has none. */
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
  uses: TopicUses = memoryTopics(),
): ActiveTopicsStore {
  const enabled = settings['topic.tracking.enable']
  const checkEnabled = () => {
    if (!enabled) throw new ForbiddenError('Topic tracking is disabled.')
  }
  return {
    record(connector, task, topic) {
      if (enabled && isKnown(connector)) uses.putTopic(connector, task, topic)
    },
    list(connector) {
      checkEnabled()
      return uses.topics(connector)
    },
    reset(connector) {
      checkEnabled()
      if (!settings['topic.tracking.allow.reset']) throw new ForbiddenError('Topic tracking reset is disabled.')
      uses.removeTopics(connector)
    },
    forget: uses.removeTopics,
  }
}

function memoryTopics(): TopicUses {
  const byConnector = new Map<string, Set<string>>()
  return {
    topics: (connector) => [...(byConnector.get(connector) ?? [])].toSorted(),
    putTopic(connector, _task, topic) {
      const topics = byConnector.get(connector)
      if (topics?.has(topic) || (topics?.size ?? 0) >= maxTopics) return
      if (topics) topics.add(topic)
      else byConnector.set(connector, new Set([topic]))
    },
    removeTopics: (connector) => byConnector.delete(connector),
  }
}
