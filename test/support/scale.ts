import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/cli/package-info.ts'

/** Whether this is a full-size proof (`npm run acceptance`). */
const isFull = process.env['TIDEGATE_SCALE'] === 'full'

/** The size of a proof: small in `npm test`, full in `npm run acceptance`. */
export const scale = <T>(sizes: { readonly small: T; readonly full: T }): T => (isFull ? sizes.full : sizes.small)

/** The seed of what is random in this run: another one for each full-size proof, the same one for `npm test`. `TIDEGATE_SEED` replays one. */
export const seed = Number(process.env['TIDEGATE_SEED'] ?? (isFull ? Date.now() % 1_000_000 : 6455))

/** Numbers from 0 to 1 that only the seed decides, and which part of a run they are for (mulberry32). */
export function seededRandom(from = seed, part = 0): () => number {
  let state = (from ^ Math.imul(part, 0x9e3779b1)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Leaves what a full-size proof measured for `scripts/acceptance.mjs`, which writes the table. */
export function evidence(name: string, facts: Readonly<Record<string, string | number>>): void {
  if (!isFull) return
  const dir = join(packageRoot, '.tidegate', 'evidence')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, `${name}.json`), JSON.stringify({ seed, ...facts }))
}
