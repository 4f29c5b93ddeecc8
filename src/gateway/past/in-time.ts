import type { Clock } from '#api'

/** How long (ms) Kafka may take to answer a question. */
const askMs = 5000

/** What Kafka answers; rejects when it takes too long. */
export async function inTime<T>(clock: Clock, answer: Promise<T>): Promise<T> {
  const timer = new AbortController()
  try {
    const late = clock.sleep(askMs, timer.signal).then((): never => {
      throw new Error(`Kafka did not answer within ${askMs} ms.`)
    })
    // Aborted in the end, it throws to nobody.
    late.catch(() => undefined)
    return await Promise.race([answer, late])
  } finally {
    timer.abort()
  }
}
