/** What a client was told that it should not have been, or not told that it should; counted, with a few examples. */
export interface Findings {
  /** Numbers that were passed over. */
  missing: number
  /** Numbers that came when they or a later one had come already. */
  repeated: number
  /** Of these, announced as what may come again (ACK mode). */
  announced: number
  readonly examples: string[]
}

export const noFindings = (): Findings => ({ missing: 0, repeated: 0, announced: 0, examples: [] })

/** One client's log, of which only the last number of each key is kept. Each key counts from 1. */
export interface SequenceCheck {
  take(key: string, number: number, again?: boolean): void
  /** The state of everything: what comes next is the number after it. */
  begin(items: readonly { readonly key: string; readonly number: number }[]): void
  last(key: string): number
}

const mostExamples = 20

export function checkSequence(who: string, findings: Findings): SequenceCheck {
  let last = new Map<string, number>()
  const tell = (what: string): void => {
    if (findings.examples.length < mostExamples) findings.examples.push(`${who}: ${what}`)
  }
  return {
    take(key, number, again = false) {
      const before = last.get(key) ?? 0
      if (number <= before && again) {
        findings.announced++
        return
      }
      if (number <= before) {
        findings.repeated++
        tell(`${key} ${number} after ${before}`)
        return
      }
      if (number !== before + 1) {
        findings.missing += number - before - 1
        tell(`${key} ${before + 1}…${number - 1} missing before ${number}`)
      }
      last.set(key, number)
    },
    begin(items) {
      last = new Map(items.map(({ key, number }) => [key, number]))
    },
    last: (key) => last.get(key) ?? 0,
  }
}
