import { type AlteredOffset, DataError } from '#api'
import type { OffsetMap, StoredOffset } from '../storage/index.ts'

/**
 * The offsets as they are written: a partition that is stored already keeps the order of its keys, since the store compares the text that
 * the connector's own map makes. Throws `DataError` for what is no flat map.
 */
export function normalizeSourceOffsets(
  offsets: readonly AlteredOffset[],
  stored: readonly StoredOffset[],
): readonly StoredOffset[] {
  return offsets.map(({ partition: given, offset }) => {
    const partition = given as OffsetMap | null | undefined
    checkFlat(partition)
    checkFlat(offset)
    const known = stored.find((each) => isSame(each.partition, partition ?? {}))
    return { partition: known?.partition ?? partition ?? {}, offset: offset ?? null }
  })
}

const isSame = (a: OffsetMap, b: OffsetMap): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.keys(a).every((key) => Object.hasOwn(b, key) && a[key] === b[key])

function checkFlat(map: OffsetMap | null | undefined): void {
  for (const [key, value] of Object.entries(map ?? {})) {
    if (typeof value !== 'object' || value === null) continue
    const kind = Array.isArray(value) ? 'ARRAY' : 'MAP'
    throw new DataError(`Offsets may only contain primitive types as values, but field ${key} contains ${kind}`)
  }
}
