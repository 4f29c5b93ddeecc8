import type { Row } from './figures.ts'

/** The rows as a Markdown table. Ratios above 1 are what one pays beside the limit, and what the others pay beside us. */
export function toMarkdown(rows: readonly Row[]): string {
  const columns = [
    column('Tidegate', ({ ours }) => rounded(ours)),
    column('limit', ({ limit }) => rounded(limit)),
    column('naive', ({ naive }) => rounded(naive)),
    column('Kafka Connect', ({ java }) => rounded(java)),
    column('Centrifugo', ({ centrifugo }) => rounded(centrifugo)),
    column('Tidegate beside the limit', (row) => ratio(row, row.ours, row.limit)),
    column('naive beside Tidegate', (row) => ratio(row, row.naive, row.ours)),
    column('Kafka Connect beside Tidegate', (row) => ratio(row, row.java, row.ours)),
    column('Centrifugo beside Tidegate', (row) => ratio(row, row.centrifugo, row.ours)),
  ].filter(({ of }) => rows.some((row) => of(row) !== none))
  const line = (each: readonly string[]) => `| ${each.join(' | ')} |`
  return [
    line(['measure', 'unit', ...columns.map(({ head }) => head)]),
    `|---|---|${'---:|'.repeat(columns.length)}`,
    ...rows.map((row) => line([row.what, row.unit, ...columns.map(({ of }) => of(row))])),
  ].join('\n')
}

const none = '–'

const column = (head: string, of: (row: Row) => string) => ({ head, of })

function ratio({ higherIsBetter }: Row, one: number | undefined, beside: number | undefined): string {
  const value = higherIsBetter
    ? (beside ?? Number.NaN) / (one ?? Number.NaN)
    : (one ?? Number.NaN) / (beside ?? Number.NaN)
  return Number.isFinite(value) && value > 0 ? `${value.toFixed(2)} ×` : none
}

function rounded(value: number | undefined): string {
  // Nothing, or less than the measure can tell from nothing.
  if (value === undefined || !(value > 0)) return none
  if (value >= 1000) return Math.round(value).toLocaleString('en-GB').replaceAll(',', ' ')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
