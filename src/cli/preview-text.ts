import type { Preview, PreviewedRecord, PreviewStage } from '../runtime/index.ts'

type Previewed = Preview['records'][number]

/** Beyond these a page is no longer read; `--json` has all. */
const mostRecords = 5
const mostChars = 600

/** Lines for a person: each record, its stages below it, and where it would fail. */
export function previewText({ records, warnings }: Preview): string {
  const failing = records.filter(failureOf).length
  const counts = `${plural(records.length, 'record')}, ${failing === 0 ? 'none' : failing} of them failing; nothing was sent or committed`
  return [...warnings.map((warning) => `warning: ${warning}`), ...records.map(recordText), counts].join('\n\n')
}

/** The stage at which the record would fail. */
export const failureOf = ({ stages }: Previewed): PreviewStage | undefined =>
  stages.find(({ error }) => error !== undefined)

function recordText({ origin: { topic, partition, offset }, stages }: Previewed): string {
  return [`${topic}-${partition}@${offset}`, ...stages.map(stageText)].join('\n')
}

function stageText(stage: PreviewStage): string {
  const { stage: name, class: plugin, records, error } = stage
  const count = records.length === 1 ? '' : plural(records.length, 'record')
  const outcome = error === undefined ? (records.length === 0 ? 'dropped here' : count) : 'FAILS HERE'
  // Without the package of Java's.
  const short = plugin?.slice(plugin.lastIndexOf('.') + 1)
  const head = `  ${[name.padEnd(16), short, outcome].filter(Boolean).join('  ').trimEnd()}`
  const body =
    error === undefined
      ? [
          ...records.slice(0, mostRecords).map((record) => shown(name, record)),
          ...(records.length > mostRecords ? [`… and ${records.length - mostRecords} more`] : []),
        ]
      : error.split('\n')
  return [head, ...body.map((line) => `      ${line}`)].join('\n')
}

function shown(stage: string, record: PreviewedRecord): string {
  const { topic, key, value, headers, channel, message } = record
  if (stage === 'key.converter') return brief(key)
  if (stage === 'value.converter') return brief(value)
  if (stage === 'header.converter') return headers.length === 0 ? 'no headers' : headersOf(record)
  const where = channel === undefined ? '' : `channel ${channel}`
  if (stage === 'message') return [where, cut(message ?? 'nothing is sent')].filter(Boolean).join('  ')
  if (stage === 'route') return where
  const parts = [`topic ${topic}`, `key ${brief(key)}`, `value ${brief(value)}`]
  return [...parts, ...(headers.length > 0 ? [`headers ${headersOf(record)}`] : [])].join('  ')
}

const headersOf = ({ headers }: PreviewedRecord): string =>
  headers.map(({ key, value }) => `${key}=${brief(value)}`).join(', ')

const brief = (value: unknown): string => cut(JSON.stringify(value) ?? 'null')

const cut = (text: string): string =>
  text.length <= mostChars ? text : `${text.slice(0, mostChars)}… (${text.length} characters)`

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
