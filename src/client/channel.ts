/** Whether a pattern covers a concrete channel: `*` is one whole segment, as the last one the rest. */
export function covers(pattern: string, channel: string): boolean {
  if (pattern === channel) return true
  if (!pattern.includes('*')) return false
  const wanted = pattern.split(':')
  const given = channel.split(':')
  return (
    wanted.every((segment, index) => given[index] !== undefined && (segment === '*' || segment === given[index])) &&
    (wanted.length === given.length || (wanted.at(-1) === '*' && given.length > wanted.length))
  )
}
