import type { Outcome } from '../common/batch-sink.ts'

/** The statuses after which the same request may be answered otherwise, beside all of 5xx (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const again = new Set([408, 425, 429])

export interface Answer {
  readonly outcome: Outcome
  /** When the endpoint wants to be asked again (ms since the epoch); undefined: it did not say. */
  readonly notBefore?: number | undefined
}

/** What a response means for the message: 2xx took it, a status that may change is tried again, and anything else refuses it. */
export function readAnswer(status: number, text: string, retryAfter: string | undefined, now: number): Answer {
  if (status >= 200 && status < 300) return { outcome: undefined }
  const told = `it answered ${status}${text === '' ? '' : `: ${text}`}`
  if (status < 500 && !again.has(status)) return { outcome: { refused: told } }
  return { outcome: { failed: new Error(told) }, notBefore: retryAfterAt(retryAfter, now) }
}

/** `Retry-After` as a time (ms since the epoch): seconds or an HTTP date (RFC 9110 §10.2.3); undefined when it is neither, or asks for no wait. */
function retryAfterAt(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  // Of what begins otherwise, such as 1.5 or -1, Date.parse makes a date too.
  const at = /^\d+$/.test(header) ? now + Number(header) * 1000 : /^[a-z]/i.test(header) ? Date.parse(header) : 0
  return at > now ? at : undefined
}
