import type { RawConfig, SessionKey } from './config-store.ts'
import type { TargetState } from './target-state.ts'

/** A record of the config topic, as text. */
export interface ConfigEntry {
  readonly key: string
  /** JSON; null is a tombstone. */
  readonly value: string | null
}

const entry = (key: string, value: unknown): ConfigEntry => ({ key, value: JSON.stringify(value) })
const tombstone = (key: string): ConfigEntry => ({ key, value: null })

export const connectorEntry = (name: string, config: RawConfig): ConfigEntry =>
  entry(`connector-${name}`, { properties: config })

/** Task and commit records stay; who reads them without a connector passes them over. */
export const removedEntries = (name: string): readonly ConfigEntry[] => [
  tombstone(`connector-${name}`),
  tombstone(`target-state-${name}`),
]

export const taskEntries = (name: string, tasks: readonly RawConfig[]): readonly ConfigEntry[] => [
  ...tasks.map((config, task) => entry(`task-${name}-${task}`, { properties: config })),
  entry(`commit-${name}`, { tasks: tasks.length }),
]

/** Workers older than Kafka 3.5 do not know STOPPED and pause at least. */
export const targetEntry = (name: string, target: TargetState): ConfigEntry =>
  entry(`target-state-${name}`, { state: target === 'STOPPED' ? 'PAUSED' : target, 'state.v2': target })

export const taskCountEntry = (name: string, count: number): ConfigEntry =>
  entry(`tasks-fencing-${name}`, { 'task-count': count })

export const sessionKeyEntry = ({ key, algorithm, createdAt }: SessionKey): ConfigEntry =>
  entry('session-key', { key: key.toString('base64'), algorithm, 'creation-timestamp': createdAt })

export const restartEntry = (
  name: string,
  { includeTasks, onlyFailed }: { readonly includeTasks: boolean; readonly onlyFailed: boolean },
): ConfigEntry => entry(`restart-connector-${name}`, { 'include-tasks': includeTasks, 'only-failed': onlyFailed })

export const loggerEntry = (namespace: string, level: string): ConfigEntry =>
  entry(`logger-cluster-${namespace}`, { level })
