/** What Kafka Connect asks of lists of aliases: that none comes twice. */
export const distinctAliases = (values: readonly string[]): string | undefined =>
  new Set(values).size < values.length ? 'Duplicate alias provided.' : undefined
