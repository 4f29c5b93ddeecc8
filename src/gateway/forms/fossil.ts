/** Bytes that have to be alike before a copy is looked for; the base is known by its blocks of this length. */
const block = 16
/** A copy shorter than this is not worth its command. */
const shortest = 12
/** Blocks of the base of one hash that are looked at. */
const maxTries = 16
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~'
const factor = 0x01000193
const outgoing = Array.from({ length: block }).reduce<number>((power) => Math.imul(power, factor), 1)

let heads = new Int32Array(0)
let followers = new Int32Array(0)

/**
 * A Fossil delta (`docs/delta.md`) that makes `target` of `base`, both of UTF-8; undefined when there is little in common, or when
 * looking for it costs more than it may. Literals begin and end between characters, so that the delta itself is text.
 */
export function makeFossilDelta(base: Buffer, target: Buffer): string | undefined {
  const out: string[] = [toDigits(target.length), '\n']
  let done = 0
  let literals = 0
  const literal = (end: number): void => {
    if (end <= done) return
    literals += end - done
    out.push(toDigits(end - done), ':', target.toString('utf8', done, end))
    done = end
  }
  /** Takes `length` bytes at `from` of the base for those at `at` of the target. */
  const copy = (from: number, at: number, length: number): void => {
    let [start, end] = [at, at + length]
    while (start < end && isInside(target, start)) start++
    while (end > start && isInside(target, end)) end--
    if (end - start < shortest) return
    literal(start)
    out.push(toDigits(end - start), '@', toDigits(from + start - at), ',')
    done = end
  }

  const most = Math.min(base.length, target.length)
  const start = worthwhile(sameFrom(base, 0, target, 0, most))
  if (start > 0) copy(0, 0, start)
  const same = worthwhile(sameBefore(base, base.length, target, target.length, most - start))
  const end = target.length - same
  if (!copyMiddle(base, target, start, end, copy)) return undefined
  if (same > 0) copy(base.length - same, Math.max(end, done), target.length - Math.max(end, done))
  literal(target.length)
  out.push(toDigits(checksum(target)), ';')
  return literals < target.length ? out.join('') : undefined
}

const worthwhile = (length: number): number => (length < shortest ? 0 : length)

/** Finds what the target has of the base between two places. Answers whether that was found within its bound of work. */
function copyMiddle(
  base: Buffer,
  target: Buffer,
  start: number,
  end: number,
  copy: (from: number, at: number, length: number) => void,
): boolean {
  if (end - start < block || base.length < block) return true
  const mask = index(base)
  let work = 4 * (base.length + target.length)
  let done = start
  let hash = hashOf(target, start)
  for (let at = start; ; ) {
    let [length, from, back] = [0, 0, 0]
    let place = heads[mask & mixed(hash)] ?? -1
    for (let tries = 0; place >= 0 && tries < maxTries; tries++) {
      const found = place * block
      const forward = sameFrom(base, found, target, at, Math.min(base.length - found, end - at))
      const backward = forward < block ? 0 : sameBefore(base, found, target, at, Math.min(found, at - done))
      work -= forward + backward + 1
      if (forward >= block && forward + backward > length) {
        length = forward + backward
        from = found - backward
        back = backward
      }
      place = followers[place] ?? -1
    }
    if (work < 0) return false
    if (length > 0) {
      copy(from, at - back, length)
      done = at - back + length
      at = done
      if (at + block > end) return true
      hash = hashOf(target, at)
    } else {
      if (at + block >= end) return true
      hash = (Math.imul(hash, factor) + (target[at + block] ?? 0) - Math.imul(outgoing, target[at] ?? 0)) | 0
      at++
    }
  }
}

/** Puts the base's blocks into the table; answers its mask. The latest block of a hash is the first to be found. */
function index(base: Buffer): number {
  const blocks = Math.floor(base.length / block)
  const size = 2 ** Math.ceil(Math.log2(blocks + 1))
  if (heads.length < size) heads = new Int32Array(size)
  if (followers.length < blocks) followers = new Int32Array(size)
  heads.fill(-1, 0, size)
  for (let place = blocks - 1; place >= 0; place--) {
    const slot = (size - 1) & mixed(hashOf(base, place * block))
    followers[place] = heads[slot] ?? -1
    heads[slot] = place
  }
  return size - 1
}

function hashOf(bytes: Buffer, at: number): number {
  let hash = 0
  for (let i = at; i < at + block; i++) hash = (Math.imul(hash, factor) + (bytes[i] ?? 0)) | 0
  return hash
}

const mixed = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 12

function sameFrom(a: Buffer, fromA: number, b: Buffer, fromB: number, most: number): number {
  let same = 0
  while (same < most && a[fromA + same] === b[fromB + same]) same++
  return same
}

function sameBefore(a: Buffer, beforeA: number, b: Buffer, beforeB: number, most: number): number {
  let same = 0
  while (same < most && a[beforeA - same - 1] === b[beforeB - same - 1]) same++
  return same
}

/** Whether the place lies inside a character. */
const isInside = (bytes: Buffer, at: number): boolean => ((bytes[at] ?? 0) & 0xc0) === 0x80

/** Of the bytes as big-endian numbers of 32 bits, the last one filled up with zeros. */
function checksum(bytes: Buffer): number {
  const whole = bytes.length & ~3
  let sum = 0
  for (let at = 0; at < whole; at += 4) sum = (sum + bytes.readInt32BE(at)) | 0
  for (let at = whole; at < bytes.length; at++) sum = (sum + ((bytes[at] ?? 0) << (24 - 8 * (at - whole)))) | 0
  return sum >>> 0
}

function toDigits(value: number): string {
  let text = ''
  for (let rest = value; rest > 0; rest = Math.floor(rest / 64)) text = `${digits[rest % 64] ?? ''}${text}`
  return text === '' ? '0' : text
}
