/** Whether a subscription's channel covers a concrete one: `*` is one whole segment, as the last one the rest. */
export function covers(pattern: string, channel: string): boolean {
  if (pattern === channel) return true
  const wanted = pattern.split(':')
  const given = channel.split(':')
  const takesRest = wanted.at(-1) === '*'
  if (takesRest ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((segment, index) => segment === '*' || segment === given[index])
}

export const isPattern = (channel: string): boolean => channel.split(':').includes('*')
