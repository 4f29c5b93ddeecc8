import { messageOf } from '#api'
import { type ConfigRecord, readConfigRecord } from './config-records.ts'
import type { ConfigChange, ConfigState, ConnectorEntry, RawConfig, SessionKey } from './config-store.ts'
import { readJson } from './json-records.ts'
import type { TargetState } from './target-state.ts'

export interface ConfigLogRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly offset: bigint
}

/** What the records of the config topic, one after the other, make: the rules of Kafka Connect's `KafkaConfigBackingStore`. */
export interface ConfigLog {
  /** What the record changed; restarts and loggers too, which the state does not hold. */
  apply(record: ConfigLogRecord): readonly ConfigChange[]
  /** Never changes; the same object until something does. */
  snapshot(): ConfigState
}

/** All that was ever said of a name; a part of it outlives the connector. */
interface Known {
  config: RawConfig | undefined
  target: TargetState | undefined
  tasks: readonly RawConfig[]
  /** Wait for their commit. Undefined until the first one came, empty afterwards. */
  deferred: Map<number, RawConfig> | undefined
  inconsistent: boolean
  generation: number
  applied: RawConfig | undefined
  fencedCount: number | undefined
  pendingFencing: boolean
  /** What readers see, until something changes. */
  entry: ConnectorEntry | undefined
}

/** `warn` is told of records that are passed over. */
export function createConfigLog(warn: (facts: object, message: string) => void): ConfigLog {
  const all = new Map<string, Known>()
  let sessionKey: SessionKey | undefined
  let offset = -1n
  let state: ConfigState | undefined

  function known(name: string): Known {
    const found = all.get(name) ?? unheardOf()
    all.set(name, found)
    found.entry = undefined
    return found
  }

  function act(record: ConfigRecord): readonly ConfigChange[] {
    switch (record.kind) {
      case 'connector': {
        const { name, config } = record
        if (config === null) {
          forget(known(name))
          return [{ kind: 'connector-removed', name }]
        }
        const it = known(name)
        it.config = config
        it.target ??= 'STARTED'
        return [{ kind: 'connector-config', name }]
      }
      case 'target': {
        const it = known(record.name)
        const before = it.target
        it.target = record.target ?? (it.config && 'STARTED')
        // A tombstone goes with the connector's own, which is told.
        const told = record.target !== null && it.config && it.target !== before
        return told ? [{ kind: 'target-state', name: record.name }] : []
      }
      case 'task': {
        const it = known(record.name)
        it.deferred ??= new Map()
        it.deferred.set(record.task, record.config)
        return []
      }
      case 'commit':
        return commit(known(record.name), record.name, record.tasks)
      case 'task-count': {
        const it = known(record.name)
        it.fencedCount = record.count
        it.pendingFencing = false
        return [{ kind: 'task-count', name: record.name }]
      }
      case 'session-key':
        sessionKey = record.sessionKey
        return [{ kind: 'session-key' }]
      case 'restart':
      case 'logger':
        return [record]
      case 'unusable':
        return []
    }
  }

  function commit(it: Known, name: string, count: number | undefined): readonly ConfigChange[] {
    if (it.config === undefined) {
      // Compaction has taken the records of a connector that was deleted, and left those of its tasks.
      forget(it)
      return []
    }
    if (count === undefined) {
      warn({ key: `commit-${name}` }, 'a record of the config topic is passed over: it holds no number of tasks')
      return []
    }
    const set = completeSet(it.deferred, count)
    if (set) {
      it.tasks = set
      it.applied = it.config
      if (it.deferred) it.generation++
    }
    it.inconsistent = !set
    it.deferred?.clear()
    it.pendingFencing = true
    return [{ kind: 'tasks', name }]
  }

  return {
    apply({ key, value, offset: at }) {
      const text = key?.toString() ?? null
      const facts = { key: text, offset: String(at) }
      if (text === null) {
        warn(facts, 'a record of the config topic is passed over: it has no key')
        return []
      }
      let json: unknown
      try {
        json = readJson(value)
      } catch (error) {
        warn({ ...facts, reason: messageOf(error) }, 'a record of the config topic is passed over: it is no JSON')
        return []
      }
      offset = at
      state = undefined
      const record = readConfigRecord(text, json)
      if (record.kind === 'unusable')
        warn({ ...facts, reason: record.reason }, 'a record of the config topic is passed over')
      return act(record)
    },
    snapshot() {
      state ??= { offset, sessionKey, connectors: entriesOf(all) }
      return state
    },
  }
}

const unheardOf = (): Known => ({
  config: undefined,
  target: undefined,
  tasks: [],
  deferred: undefined,
  inconsistent: false,
  generation: 0,
  applied: undefined,
  fencedCount: undefined,
  pendingFencing: false,
  entry: undefined,
})

/** The target state has a tombstone of its own; what concerns fencing and generations outlives the connector. */
function forget(it: Known): void {
  it.config = undefined
  it.tasks = []
  it.deferred = undefined
  it.applied = undefined
}

/** More than the set are no fault: they were left by a larger one, whose commit compaction has taken. */
function completeSet(deferred: Known['deferred'], count: number): readonly RawConfig[] | undefined {
  const set: RawConfig[] = []
  for (let task = 0; task < count; task++) {
    const config = deferred?.get(task)
    if (!config) return undefined
    set.push(config)
  }
  return set
}

function entriesOf(all: ReadonlyMap<string, Known>): ReadonlyMap<string, ConnectorEntry> {
  const entries = new Map<string, ConnectorEntry>()
  for (const [name, it] of all) {
    if (it.config === undefined) continue
    it.entry ??= {
      config: it.config,
      target: it.target ?? 'STARTED',
      tasks: it.inconsistent ? [] : it.tasks,
      tasksGeneration: it.generation,
      inconsistent: it.inconsistent,
      applied: it.applied,
      fencedCount: it.fencedCount,
      pendingFencing: it.pendingFencing,
    }
    entries.set(name, it.entry)
  }
  return entries
}
