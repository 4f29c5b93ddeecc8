import { BadRequestError } from '#api'

/** Log4j's levels, which Kafka Connect's REST API speaks; a line is written when its severity reaches the logger's. */
export const severities = { ALL: 0, TRACE: 10, DEBUG: 20, INFO: 30, WARN: 40, ERROR: 50, FATAL: 60, OFF: 100 } as const
type LevelName = keyof typeof severities

/** The most loggers that are kept; those of connectors beyond it share their parent's level. */
const maxLoggers = 10_000

/** What Kafka Connect's namespaces stand for here, so that a command copied from its documentation does what it says. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  'org.apache.kafka': ['tidegate', 'connector'],
  'org.apache.kafka.connect': ['tidegate', 'connector'],
  'org.apache.kafka.connect.runtime.rest': ['tidegate.rest'],
  'org.apache.kafka.clients': ['tidegate.kafka'],
}

/** A logger's place in the tree; `threshold` is looked at before each line. */
export interface LoggerNode {
  readonly name: string
  readonly threshold: number
}

export interface LoggerInfo {
  readonly level: string
  readonly last_modified: number | null
}

export interface LogLevels {
  /** Sorted by name; those that are OFF are left out, as Kafka Connect does. */
  all(): Readonly<Record<string, LoggerInfo>>
  get(name: string): LoggerInfo | undefined
  /** Whether there is such a level, in any case. */
  isLevel(level: string): boolean
  /** Sets a logger, known or not, and those below it. The names whose level changed by that, sorted. */
  set(name: string, level: string): readonly string[]
}

interface Entry extends LoggerNode {
  level: LevelName
  threshold: number
  lastModified: number | null
}

const root = 'root'
const nameOf = (name: string): string => (name === '' || name.toLowerCase() === root ? root : name)
const isBelow = (name: string, ancestor: string): boolean => ancestor === root || name.startsWith(`${ancestor}.`)

/** The levels of a process, by logger. Setting one sets those below it; a new one begins with its parent's. */
export function createLogLevels(
  level: LevelName,
  now: () => number,
): { readonly levels: LogLevels; of(name: string): LoggerNode } {
  const first: Entry = { name: root, level, threshold: severities[level], lastModified: null }
  const entries = new Map([[root, first]])

  function parentOf(name: string): Entry {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const found = entries.get(name.slice(0, dot))
      if (found) return found
    }
    return first
  }

  function of(name: string): Entry {
    const known = entries.get(nameOf(name))
    if (known) return known
    const parent = parentOf(name)
    if (entries.size >= maxLoggers) return parent
    const entry: Entry = { ...parent, name, lastModified: null }
    entries.set(name, entry)
    return entry
  }

  function setOne(name: string, next: LevelName, changed: Set<string>): void {
    if (of(name).name !== nameOf(name))
      throw new BadRequestError(`Logger ${name} cannot be made: there are ${maxLoggers} loggers already.`)
    for (const entry of entries.values()) {
      if (entry.name !== nameOf(name) && !isBelow(entry.name, nameOf(name))) continue
      if (entry.level === next) continue
      entry.level = next
      entry.threshold = severities[next]
      entry.lastModified = now()
      changed.add(entry.name)
    }
  }

  const infoOf = ({ level: its, lastModified }: Entry): LoggerInfo => ({ level: its, last_modified: lastModified })
  const levels: LogLevels = {
    all: () =>
      Object.fromEntries(
        [...entries.values()]
          .filter((entry) => entry.level !== 'OFF')
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .map((entry) => [entry.name, infoOf(entry)]),
      ),
    get(name) {
      const entry = entries.get(nameOf(name))
      return entry && infoOf(entry)
    },
    isLevel: (text) => isLevelName(text.toUpperCase()),
    set(name, text) {
      const next = text.toUpperCase()
      if (!isLevelName(next)) throw new BadRequestError(`There is no log level ${text}.`)
      const changed = new Set<string>()
      for (const each of [name, ...(aliases[name] ?? [])]) setOne(each, next, changed)
      return [...changed].toSorted()
    },
  }
  return { levels, of }
}

const isLevelName = (text: string): text is LevelName => Object.hasOwn(severities, text)
