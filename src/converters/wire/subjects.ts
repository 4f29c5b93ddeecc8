import { ConfigError } from '#api'

/** Confluent's strategies, by simple name; their Java class names are taken too. */
export const subjectStrategies = ['TopicNameStrategy', 'RecordNameStrategy', 'TopicRecordNameStrategy'] as const

type Strategy = (typeof subjectStrategies)[number]

const simpleName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

export const isSubjectStrategy = (name: string): string | undefined =>
  subjectStrategies.includes(simpleName(name) as Strategy) ? undefined : `is not one of ${subjectStrategies.join(', ')}`

export interface Subjects {
  /** The subject under which schemas of a topic stand. `record` is the full name of the schema's record, where known. */
  of(topic: string, record: string | undefined): string
  /** Whether the topic alone tells the subject. */
  readonly byTopic: boolean
}

export function createSubjects(strategy: string, isKey: boolean): Subjects {
  const name = simpleName(strategy) as Strategy
  const byTopic = name === 'TopicNameStrategy'
  return {
    byTopic,
    of(topic, record) {
      if (byTopic) return `${topic}-${isKey ? 'key' : 'value'}`
      if (record === undefined) {
        throw new ConfigError(`${name} needs the name of a record, and the schema for the topic ${topic} has none.`)
      }
      return name === 'RecordNameStrategy' ? record : `${topic}-${record}`
    },
  }
}
