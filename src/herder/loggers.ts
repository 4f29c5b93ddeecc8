import { NotFoundError } from '#api'
import type { Herder, LoggerLevel } from './herder.ts'

/** The levels of the process's loggers; whoever makes the log has them. */
export interface LogLevels {
  all(): Readonly<Record<string, LoggerLevel>>
  get(name: string): LoggerLevel | undefined
  isLevel(level: string): boolean
  /** The names whose level changed, sorted. */
  set(name: string, level: string): readonly string[]
}

/** What REST asks of the loggers, in Kafka Connect's words. */
export function createLoggers(levels: LogLevels): Pick<Herder, 'loggers' | 'logger' | 'setLogger'> {
  return {
    loggers: levels.all,
    logger(name) {
      const found = levels.get(name)
      if (!found) throw new NotFoundError(`Logger ${name} not found.`)
      return found
    },
    async setLogger(name, level, scope) {
      if (!levels.isLevel(level)) throw new NotFoundError(`invalid log level '${level}'.`)
      const changed = levels.set(name, level)
      // This one worker is the whole cluster.
      return scope === 'worker' ? changed : undefined
    },
  }
}
