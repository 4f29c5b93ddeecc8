import { type ConfigLog, createConfigLog } from '../../src/storage/config-log.ts'
import type { ConfigChange, ConfigState } from '../../src/storage/index.ts'
import type { ConfigLine } from './arbitrary-config-log.ts'

/** What a log makes, and what its records from `started` on change. */
export function foldConfigLog(
  lines: readonly ConfigLine[],
  started = 0,
): { state: ConfigState; changes: ConfigChange[] } {
  const log = createConfigLog(() => undefined)
  const changes = lines.flatMap((line, index) => {
    const told = applyLine(log, line, index)
    return index < started ? [] : told
  })
  return { state: log.snapshot(), changes }
}

export const applyLine = (log: ConfigLog, { key, value }: ConfigLine, offset: number): readonly ConfigChange[] =>
  log.apply({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), offset: BigInt(offset) })
