/** What of an address counts as one client's: all of IPv4, the first bits of IPv6, of which everybody has many. */
export function addressPrefix(address: string, bits6: number): string {
  if (!address.includes(':')) return address
  const kept = groupsOf(address).map((group, index) => {
    const bits = Math.max(0, Math.min(16, bits6 - index * 16))
    return (group & (0xffff << (16 - bits)) & 0xffff).toString(16)
  })
  return `${kept.join(':')}/${bits6}`
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2). */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::')
  const before = numbersOf(head)
  const after = tail === undefined ? [] : numbersOf(tail)
  const missing = Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

function numbersOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
