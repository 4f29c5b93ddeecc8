import type { Vector } from './vector.ts'

/** A cursor that nobody makes is longer than this. */
const maxLength = 16_384
const component = /^([0-9a-z]{1,5})-([0-9a-z]{1,11})((?:~[0-9a-z]{1,7})*)$/

/** One partition's share of a cursor: how far it is beyond the epoch's start, and inside which part of a split. */
export function cursorComponent(index: number, delta: number, path?: readonly number[]): string {
  return `${index.toString(36)}-${delta.toString(36)}${path === undefined ? '' : cursorPath(path)}`
}

export function cursorPath(path: readonly number[]): string {
  let text = ''
  for (const part of path) text += `~${part.toString(36)}`
  return text
}

/**
 * A vector as text relative to its epoch's start: `.` and, joined by `_`, the partitions that moved.
 * Partitions that the epoch does not know cannot be said and are left out.
 */
export function encodeCursor(start: readonly number[], vector: Vector): string {
  const moved: string[] = []
  for (const [index, from] of start.entries()) {
    const delta = Math.max(0, (vector.next[index] ?? 0) - from)
    const path = vector.paths.get(index)
    if (delta > 0 || path) moved.push(cursorComponent(index, delta, path))
  }
  return `.${moved.join('_')}`
}

/** Undefined when the text is no cursor under this start. The first component may be of any partition, the others ascend. */
export function decodeCursor(start: readonly number[], text: string): Vector | undefined {
  if (!text.startsWith('.') || text.length > maxLength) return undefined
  const next = [...start]
  const paths = new Map<number, readonly number[]>()
  if (text === '.') return { next, paths }
  let first = -1
  let former = -1
  for (const [place, part] of text.slice(1).split('_').entries()) {
    const found = component.exec(part)
    if (!found) return undefined
    const [index, delta] = [parse(found[1]), parse(found[2])]
    const path = found[3] ? found[3].slice(1).split('~').map(parse) : undefined
    const from = start[index]
    const at = (from ?? 0) + delta
    if (from === undefined || !Number.isSafeInteger(at) || (delta === 0 && !path)) return undefined
    if (cursorComponent(index, delta, path) !== part) return undefined
    if (place === 0) first = index
    else if (index <= former || index === first) return undefined
    else former = index
    next[index] = at
    if (path) paths.set(index, path)
  }
  return { next, paths }
}

/** The vector of a cursor that this gate made. */
export function vectorAt({ start }: { readonly start: readonly number[] }, cursor: string): Vector {
  const vector = decodeCursor(start, cursor)
  if (!vector) throw new Error(`The gate made a cursor that it cannot read: ${cursor}`)
  return vector
}

const parse = (text: string | undefined): number => Number.parseInt(text ?? '', 36)
