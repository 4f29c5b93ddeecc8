/* oxlint-disable no-underscore-dangle -- the names are avsc's */
import avsc, { type Type } from 'avsc'
import { type CopyOptions, type ErrorHook, internals, prototypeOf, type Tap } from './internals.ts'

/** Items that take no bytes (nulls, empty records) could otherwise be claimed by the billion in ten bytes. */
const freeItems = 65_536

/** The number of items in the next block, 0 at the end. Refuses a count that the bytes cannot hold. */
function nextBlock(tap: Tap, before: number): number {
  let count = tap.readLong()
  if (count < 0) {
    count = -count
    tap.skipLong()
  }
  if (before + count > tap.buf.length + freeItems) throw new Error(`a block of ${count} items`)
  return count
}

function assertInside(tap: Tap): void {
  if (tap.pos > tap.buf.length) throw new Error('truncated')
}

function skipBlocks(tap: Tap, skipItem: () => void): void {
  for (let seen = 0, count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      const size = tap.readLong()
      if (size < 0) throw new Error(`a block of ${size} bytes`)
      tap.pos += size
    } else {
      seen += count
      if (seen > tap.buf.length + freeItems) throw new Error(`a block of ${count} items`)
      while (count-- > 0) {
        skipItem()
        assertInside(tap)
      }
    }
    assertInside(tap)
  }
}

/** An array whose reading ends where the bytes end, whatever count they claim. */
export class ArrayType extends avsc.types.ArrayType {
  _read(tap: Tap): unknown[] {
    // `this` may be a resolver: it has `itemsType` and nothing else.
    const items = internals(this.itemsType)
    const result: unknown[] = []
    for (let count = nextBlock(tap, 0); count !== 0; count = nextBlock(tap, result.length)) {
      while (count-- > 0) {
        result.push(items._read(tap))
        assertInside(tap)
      }
    }
    return result
  }

  _skip(tap: Tap): void {
    const items = internals(this.itemsType)
    skipBlocks(tap, () => items._skip(tap))
  }
}

/** A map whose reading ends where the bytes end; a key `__proto__` is a key like any other. */
export class MapType extends avsc.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const values = internals(this.valuesType as Type)
    const result: Record<string, unknown> = {}
    let seen = 0
    for (let count = nextBlock(tap, 0); count !== 0; count = nextBlock(tap, seen)) {
      seen += count
      while (count-- > 0) {
        const key = tap.readString()
        assertInside(tap)
        setOwn(result, key, values._read(tap))
        assertInside(tap)
      }
    }
    return result
  }

  _skip(tap: Tap): void {
    const values = internals(this.valuesType as Type)
    skipBlocks(tap, () => {
      tap.skipString()
      values._skip(tap)
    })
  }

  _copy(value: unknown, options?: CopyOptions): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a map')
    const result: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      setOwn(result, key, internals(this.valuesType as Type)._copy(item, options))
    }
    return result
  }
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

const arrays = prototypeOf(avsc.types.ArrayType)

interface Entry {
  readonly key: unknown
  readonly value: unknown
}

/** Confluent's form of a map whose keys are not strings: an array of `MapEntry` records; in JavaScript `[key, value]` pairs. */
export class EntriesType extends ArrayType {
  override _read(tap: Tap): [unknown, unknown][] {
    return (ArrayType.prototype._read.call(this, tap) as Entry[]).map(({ key, value }) => [key, value])
  }

  _write(tap: Tap, pairs: unknown): void {
    arrays._write.call(this, tap, toEntries(pairs))
  }

  _check(pairs: unknown, flags?: unknown, hook?: ErrorHook, path?: string[]): boolean {
    return arrays._check.call(this, toEntries(pairs), flags, hook, path)
  }

  _copy(value: unknown, options?: CopyOptions): unknown {
    if (!Array.isArray(value)) throw new Error('not an array of entries')
    const items = internals(this.itemsType)
    if (options?.coerce === 2) {
      return value.map((item) => items._copy(item, options) as Entry).map((entry) => [entry.key, entry.value])
    }
    return value.map(([key, item]: [unknown, unknown]) => {
      const entry = items._copy({ key, value: item }, options) as Entry
      return options?.coerce === 3 ? entry : [entry.key, entry.value]
    })
  }
}

/** A map whose keys are strings after all is an object. */
const toEntries = (map: unknown): unknown => {
  const pairs: unknown = typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.entries(map) : map
  if (!Array.isArray(pairs)) return pairs
  return pairs.map((pair: unknown) => (Array.isArray(pair) ? { key: pair[0], value: pair[1] } : pair))
}
