export interface BackoffOptions {
  /** Milliseconds. */
  readonly initialMs: number
  readonly maxMs: number
  /** 0: none, 1: anything from zero to the whole delay (full jitter). */
  readonly jitter?: number
  readonly random?: () => number
}

/** The delay (ms) before attempt `attempt` (0 is the first retry): doubles up to `maxMs`, less the jitter. */
export function backoffDelay(
  attempt: number,
  { initialMs, maxMs, jitter = 0, random = Math.random }: BackoffOptions,
): number {
  const ceiling = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 52))
  return Math.round(ceiling * (1 - jitter * random()))
}
