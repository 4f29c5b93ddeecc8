import { setTimeout as sleep } from 'node:timers/promises'
import { pick } from './soak-model.ts'

export interface Answered {
  readonly status: number
  readonly body: unknown
  /** An earlier try of this request may have done the work: its answer was lost. */
  readonly repeated: boolean
}

export interface SoakRequests {
  /**
   * Asks a worker that is there, and another when it rebalances, fails or ends meanwhile, as tools do. Undefined: given up
   * after a lost answer, which happens now and then on purpose.
   */
  send(method: string, path: string, body?: unknown): Promise<Answered | undefined>
}

export interface SoakRequestsOptions {
  readonly random: () => number
  /** Those which take requests at this moment. */
  readonly urls: () => readonly string[]
  /** Counts tries that were refused for a while or failed, and those that were not answered. */
  readonly tries: { refused: number; lost: number }
  readonly patienceMs?: number
}

/** Longer than a worker works on a request, so that nothing happens after it was given up. */
const answerMs = 95_000

/** A try that changed nothing and may be repeated: a rebalance, or a worker that does not know yet what another has answered. */
const passes = (status: number, text: string): boolean =>
  (status === 409 && !text.includes('already exists')) || (status === 400 && text.includes('must be in the STOPPED'))

export function createSoakRequests({ random, urls, tries, patienceMs = 120_000 }: SoakRequestsOptions): SoakRequests {
  return {
    async send(method, path, body) {
      const until = Date.now() + patienceMs
      let repeated = false
      let last = ''
      for (let attempt = 0; Date.now() < until; attempt++) {
        if (attempt > 0) await sleep(100)
        const there = urls()
        if (there.length === 0) continue
        try {
          const response = await fetch(`${pick(random, there)}${path}`, {
            method,
            headers: { 'Content-Type': 'application/json' },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal: AbortSignal.timeout(answerMs),
          })
          const text = await response.text()
          last = `${response.status} ${text}`
          if (response.status < 500 && !passes(response.status, text)) {
            // Read from another worker than the one that has answered before, which may be behind for a moment.
            if (response.status === 404 && method !== 'GET' && attempt < 20) continue
            return { status: response.status, body: text === '' ? undefined : JSON.parse(text), repeated }
          }
          if (response.status >= 500) repeated = true
          tries.refused += 1
        } catch (error) {
          last = String(error)
          if (error instanceof Error && error.cause instanceof Error && 'code' in error.cause)
            if (error.cause.code === 'ECONNREFUSED') continue
          tries.lost += 1
          repeated = true
          if (method !== 'GET' && random() < 0.3) return undefined
        }
      }
      throw new Error(`${method} ${path} was not answered in ${patienceMs} ms; at last: ${last}`)
    },
  }
}
