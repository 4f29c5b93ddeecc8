import type { Logger } from '#api'
import { messageOf } from '#api'
import { parseExactly, stringifyExactly } from '../util/exact-json.ts'
import { isObject } from './json-records.ts'
import { type OffsetMap, offsetKey, type StoredOffset } from './offset-store.ts'

/** What the records of an offset topic make. */
export interface OffsetLog {
  apply(record: { readonly key: Buffer | null; readonly value: Buffer | null }): void
  get(connector: string, partition: OffsetMap): OffsetMap | undefined
  list(connector: string): readonly StoredOffset[]
  /**
   * The key's bytes: those of the topic when it has the partition, else ours. Java writes some numbers with other characters than we do
   * (1.0, 1.0E21), and a key of other bytes would be another entry, in another partition of the topic.
   */
  keyOf(connector: string, partition: OffsetMap): Buffer
}

interface Held {
  readonly key: Buffer
  readonly partition: OffsetMap
  readonly value: Buffer
}

export function createOffsetLog(log: Logger): OffsetLog {
  const connectors = new Map<string, Map<string, Held>>()

  function valueOf({ key, value }: Held): OffsetMap | undefined {
    try {
      const offset = parseExactly(value.toString())
      if (isObject(offset)) return offset
      log.error({ key: key.toString() }, 'an offset is passed over: it is no object')
    } catch (error) {
      log.error({ key: key.toString(), reason: messageOf(error) }, 'an offset is passed over: it is no JSON')
    }
    return undefined
  }

  const find = (connector: string, partition: OffsetMap) =>
    connectors.get(connector)?.get(offsetKey(connector, partition))

  return {
    apply({ key, value }) {
      const read = readKey(key)
      if (!read || !key) {
        log.warn({ key: key?.toString() ?? null }, 'a record of the offset topic is passed over')
        return
      }
      const { connector, partition } = read
      const held = connectors.get(connector) ?? new Map<string, Held>()
      const name = offsetKey(connector, partition)
      if (value !== null) held.set(name, { key, partition, value })
      else if (held.get(name)?.key.equals(key)) held.delete(name)
      if (held.size > 0) connectors.set(connector, held)
      else connectors.delete(connector)
    },
    get(connector, partition) {
      const held = find(connector, partition)
      return held && valueOf(held)
    },
    list: (connector) =>
      [...(connectors.get(connector)?.values() ?? [])].flatMap((held) => {
        const offset = valueOf(held)
        return offset ? [{ partition: held.partition, offset }] : []
      }),
    keyOf: (connector, partition) => find(connector, partition)?.key ?? Buffer.from(offsetKey(connector, partition)),
  }
}

function readKey(key: Buffer | null): { readonly connector: string; readonly partition: OffsetMap } | undefined {
  if (!key) return undefined
  let parsed: unknown
  try {
    parsed = parseExactly(key.toString())
  } catch {
    // The caller says that the record is passed over.
    return undefined
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined
  const [connector, partition] = parsed as readonly unknown[]
  return typeof connector === 'string' && isObject(partition) ? { connector, partition } : undefined
}

export const writeOffset = (offset: OffsetMap | null): Buffer | null =>
  offset === null ? null : Buffer.from(stringifyExactly(offset))
