import { type Refusal, refuse } from '../codes.ts'
import type { Asked } from '../terms.ts'

const deliveries = ['every', 'latest', 'batch'] as const

/** What the query of `/sse` asks of the subscription. */
export function readSseTerms(
  query: URLSearchParams,
): { readonly ok: true; readonly terms: Asked } | { readonly ok: false; readonly refusal: Refusal } {
  const wanted = query.get('delivery')
  const delivery = deliveries.find((name) => name === wanted)
  if (wanted !== null && !delivery) return no('delivery', `"delivery" is one of ${deliveries.join(', ')}.`)
  const terms: { maxRate?: number; maxBandwidth?: number } = {}
  for (const name of ['maxRate', 'maxBandwidth'] as const) {
    const text = query.get(name)
    if (text === null) continue
    const rate = Number(text)
    if (!(rate > 0 && rate <= 1e9)) return no(name, `"${name}" is a number above 0, such as ${name}=10.`)
    terms[name] = rate
  }
  if (query.has('window')) return no('window', 'There is no ACK mode over SSE: use /ws.')
  return {
    ok: true,
    terms: { snapshot: query.get('snapshot') === 'true', ...terms, ...(delivery ? { delivery } : {}) },
  }
}

const no = (field: string, message: string): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: refuse('bad_request', message, { field }),
})
