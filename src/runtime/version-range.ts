/** Whether a version is in a range. */
export type VersionRange = (version: string) => boolean

interface Bound {
  readonly version: string
  readonly inclusive: boolean
}

/**
 * Reads a range as Kafka Connect does, in Maven's notation: `1.2` is that version alone, `[1.0,2.0)` what is between, `(,1.0],[1.2,)` either.
 * `latest` is any. A text that is none gives the complaint.
 */
export function versionRange(text: string): VersionRange | string {
  if (text === '' || text === 'latest') return () => true
  if (!/[[(]/.test(text))
    return /[\])]/.test(text) ? unbounded(text) : (version) => compareVersions(version, text) === 0
  const parts = [...text.matchAll(/\s*([[(])([^,[\]()]*)(?:(,)([^,[\]()]*))?([\])])\s*(?:,(?=\s*[[(])|$)/gy)]
  if (parts.map(([whole]) => whole).join('') !== text) return unbounded(text)
  const ranges: ((version: string) => boolean)[] = []
  for (const [, open, from = '', comma, to = '', close] of parts) {
    const low = from.trim()
    const high = comma === undefined ? low : to.trim()
    if (comma === undefined && (open !== '[' || close !== ']')) {
      return `Single version must be surrounded by []: ${text}`
    }
    if (low !== '' && high !== '' && compareVersions(high, low) < 0) return `Range defies version ordering: ${text}`
    ranges.push(within({ version: low, inclusive: open === '[' }, { version: high, inclusive: close === ']' }))
  }
  return (version) => ranges.some((range) => range(version))
}

const unbounded = (text: string): string => `Unbounded range: ${text}`

function within(low: Bound, high: Bound): (version: string) => boolean {
  return (version) => {
    const above = low.version === '' ? 1 : compareVersions(version, low.version)
    const below = high.version === '' ? -1 : compareVersions(version, high.version)
    return (above > 0 || (above === 0 && low.inclusive)) && (below < 0 || (below === 0 && high.inclusive))
  }
}

/** By the numbers between dots; what follows a hyphen makes a version older than the same without. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let at = 0; at < Math.max(left.numbers.length, right.numbers.length); at++) {
    const difference = (left.numbers[at] ?? 0) - (right.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  if (left.qualifier === right.qualifier) return 0
  if (left.qualifier === '' || right.qualifier === '') return left.qualifier === '' ? 1 : -1
  return left.qualifier < right.qualifier ? -1 : 1
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly qualifier: string } {
  const [, numbers = '', qualifier = ''] = /^(\d+(?:\.\d+)*)?[-.]?(.*)$/s.exec(version) ?? []
  return { numbers: numbers.split('.').map(Number), qualifier: qualifier.toLowerCase() }
}
