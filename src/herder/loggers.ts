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

/** What REST asks of the loggers, in Kafka Connect's words. `tellAll`: sets a level on every worker; absent: this one is the whole cluster. */
export function createLoggers(
  levels: LogLevels,
  tellAll?: (name: string, level: string) => Promise<void>,
): Pick<Herder, 'loggers' | 'logger' | 'setLogger'> {
  return {
    loggers: levels.all,
    logger(name) {
      const found = levels.get(name)
      if (!found) throw new NotFoundError(`Logger ${name} not found.`)
      return found
    },
    async setLogger(name, level, scope) {
      if (!levels.isLevel(level)) throw new NotFoundError(`invalid log level '${level}'.`)
      if (scope === 'worker') return levels.set(name, level)
      if (tellAll) await tellAll(name, level)
      else levels.set(name, level)
      return undefined
    },
  }
}
