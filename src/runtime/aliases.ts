/** More of them are a mistake, and each is looked up, validated and run. */
export const maxAliases = 200

/** What Kafka Connect asks of lists of aliases, that none comes twice; and a limit of ours. */
export function distinctAliases(values: readonly string[]): string | undefined {
  if (values.length > maxAliases) return `At most ${maxAliases} aliases may be given, and these are ${values.length}.`
  return new Set(values).size < values.length ? 'Duplicate alias provided.' : undefined
}
