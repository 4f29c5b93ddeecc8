import type { seededRandom } from './scale.ts'

type Random = ReturnType<typeof seededRandom>

export type Target = 'STARTED' | 'PAUSED' | 'STOPPED'

/** What somebody who asked for it expects of a connector. */
export interface Wanted {
  readonly config: Readonly<Record<string, string>>
  readonly target: Target
}

/** What may be: one of these. Undefined: no such connector. After an answer there is one, after a lost answer two. */
type Possible = readonly (Wanted | undefined)[]

/** What the requests of a soak have led to. */
export interface SoakModel {
  names(): readonly string[]
  possible(name: string): Possible
  /** An answer said so, or somebody looked. */
  is(name: string, wanted: Wanted | undefined): void
  /** A request may have done this, and nobody knows. */
  maybe(name: string, wanted: Wanted | undefined): void
  /** Throws while an answer is unknown. */
  certain(): ReadonlyMap<string, Wanted>
}

export function createSoakModel(): SoakModel {
  const entries = new Map<string, Possible>()
  const possible = (name: string): Possible => entries.get(name) ?? [undefined]
  return {
    names: () => [...entries.keys()].toSorted(),
    possible,
    is(name, wanted) {
      entries.set(name, [wanted])
    },
    maybe(name, wanted) {
      entries.set(name, [...possible(name), wanted])
    },
    certain() {
      const known = new Map<string, Wanted>()
      for (const [name, all] of entries) {
        if (all.length > 1) throw new Error(`Nobody has looked what became of ${name}.`)
        const [wanted] = all
        if (wanted) known.set(name, wanted)
      }
      return known
    },
  }
}

/** How many tasks a connector is to have; undefined: as many as it had when it was paused. */
export function wantedTasks({ config, target }: Wanted): number | undefined {
  if (target === 'STOPPED') return 0
  if (target === 'PAUSED') return undefined
  return config['connector.class'] === 'FileStreamSink' ? Number(config['tasks.max']) : 1
}

export const pick = <T>(random: Random, all: readonly T[]): T => {
  const picked = all[Math.floor(random() * all.length)]
  if (picked === undefined) throw new Error('There is nothing to pick.')
  return picked
}
