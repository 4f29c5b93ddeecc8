export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const metric = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const sampleLine = new RegExp(`^(${metric})(?:\\{((?:${label})(?:,${label})*)?\\})? (\\S+)$`)
const number = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i

/**
 * Reads Prometheus' text format 0.0.4 and throws for what its own parser would refuse, or promtool would complain of: a sample before its
 * type, a family in two places, a series twice, a number that is none.
 */
export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end.')
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  const series = new Set<string>()
  let open = ''
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`A second family: ${line}`)
      families.set(name, { type: '', help: rest, samples: [] })
      open = name
    } else if (kind === 'TYPE') {
      const family = families.get(name)
      if (!family || open !== name || family.type !== '') throw new Error(`A type out of place: ${line}`)
      if (!/^(?:counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`An unknown type: ${line}`)
      family.type = rest
    } else {
      const [, full = '', labels = '', value = ''] = sampleLine.exec(line) ?? []
      const family = families.get(open)
      const own =
        family?.type === 'histogram' || family?.type === 'summary' ? full.replace(/_(?:bucket|sum|count)$/, '') : full
      if (!family || (own !== open && full !== open) || family.type === '')
        throw new Error(`A sample out of place: ${line}`)
      if (!number.test(value)) throw new Error(`No number: ${line}`)
      if (series.size === series.add(`${full}{${labels}}`).size) throw new Error(`A series twice: ${line}`)
      family.samples.push({ labels: labelsOf(labels), value: Number(value.replace('Inf', 'Infinity')) })
    }
  }
  return families
}

const labelsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    ]),
  )
