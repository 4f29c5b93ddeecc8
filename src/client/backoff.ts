export interface BackoffOptions {
  /** Milliseconds. */
  readonly initialMs?: number
  readonly maxMs?: number
}

/** The delay (ms) before attempt `attempt` (0 is the first retry): full jitter under a ceiling that doubles up to `maxMs`. */
export function backoffDelay(
  attempt: number,
  { initialMs = 500, maxMs = 20_000 }: BackoffOptions,
  random: () => number,
): number {
  return Math.round(random() * Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30)))
}
