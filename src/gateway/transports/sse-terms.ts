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
  const filter = query.get('filter') ?? undefined
  if (filter !== undefined && (filter === '' || filter.length > maxFilter))
    return no('filter', `"filter" is an expression of ${maxFilter} characters at most.`)
  const bbox = readBox(query.get('bbox'))
  if (bbox === 'wrong') return no('bbox', '"bbox" is four numbers, as in bbox=52.1,52.2,4.2,4.4.')
  if (query.has('window')) return no('window', 'There is no ACK mode over SSE: use /ws.')
  return {
    ok: true,
    terms: { snapshot: query.get('snapshot') === 'true', ...terms, ...(delivery ? { delivery } : {}), filter, bbox },
  }
}

/** Of the schema of `subscribe`. */
const maxFilter = 1024

function readBox(text: string | null): NonNullable<Asked['bbox']> | 'wrong' | undefined {
  if (text === null) return undefined
  const [min1, max1, min2, max2, ...more] = text
    .split(',')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (min1 === undefined || max1 === undefined || min2 === undefined || max2 === undefined) return 'wrong'
  const box: [number, number, number, number] = [min1, max1, min2, max2]
  return more.length === 0 && box.every(Number.isFinite) ? box : 'wrong'
}

const no = (field: string, message: string): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: refuse('bad_request', message, { field }),
})
