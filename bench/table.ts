import type { Row } from './figures.ts'

/** The rows as a Markdown table. Ratios above 1 are what one pays beside the limit, and what the naive way pays beside us. */
export function toMarkdown(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.unit,
    ...[row.ours, row.limit, row.naive, row.java ?? Number.NaN].map(rounded),
    ratio(row.higherIsBetter ? row.limit / row.ours : row.ours / row.limit),
    ratio(row.higherIsBetter ? row.ours / row.naive : row.naive / row.ours),
    ratio(row.higherIsBetter ? row.ours / (row.java ?? Number.NaN) : (row.java ?? Number.NaN) / row.ours),
  ])
  const head = [
    'measure',
    'unit',
    'Tidegate',
    'limit',
    'naive',
    'Kafka Connect',
    'Tidegate beside the limit',
    'naive beside Tidegate',
    'Kafka Connect beside Tidegate',
  ]
  const line = (each: readonly string[]) => `| ${each.join(' | ')} |`
  return [line(head), `|---|---|${'---:|'.repeat(7)}`, ...cells.map(line)].join('\n')
}

const ratio = (value: number): string => (Number.isFinite(value) && value > 0 ? `${value.toFixed(2)} ×` : '–')

function rounded(value: number): string {
  // Nothing, or less than the measure can tell from nothing.
  if (!(value > 0)) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en-GB').replaceAll(',', ' ')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
