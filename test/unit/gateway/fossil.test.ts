import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { applyDelta } from 'fossil-delta'
import { describe, expect, it } from 'vitest'
import { makeFossilDelta } from '../../../src/gateway/forms/fossil.ts'

/** By another's implementation of the format. */
const applied = (base: Buffer, delta: string): Buffer => Buffer.from(applyDelta(base, Buffer.from(delta)))

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'ä', 'ö', '€', '🚌', '"', '\n'), maxLength: 400 }),
)
const edit = fc.tuple(fc.nat(), fc.nat(30), texts)

describe('deltas', () => {
  it('make the target of the base, whatever was changed', () => {
    const made = { deltas: 0 }
    fc.assert(
      fc.property(texts, texts, fc.array(edit, { maxLength: 5 }), (head, tail, edits) => {
        const base = head + tail.repeat(3) + head
        let target = base
        for (const [at, removed, inserted] of edits) {
          const place = target.length === 0 ? 0 : at % target.length
          target = target.slice(0, place) + inserted + target.slice(place + removed)
        }
        const [from, to] = [Buffer.from(base), Buffer.from(target)]
        const delta = makeFossilDelta(from, to)
        if (delta === undefined) return true
        made.deltas++
        return applied(from, delta).equals(to)
      }),
      { numRuns: 500 },
    )
    expect(made.deltas).toBeGreaterThan(250)
  })

  it('are text themselves: a literal never begins or ends inside a character', () => {
    const from = Buffer.from(`${'Käpylä–Pasila '.repeat(10)}ä${'Vallila '.repeat(10)}`)
    const to = Buffer.from(`${'Käpylä–Pasila '.repeat(10)}ö${'Vallila '.repeat(10)}`)
    const delta = makeFossilDelta(from, to)
    expect(delta).toMatch(/\n\w+@0,2:ö\w+@\w+,[\w~]+;$/)
    expect(applied(from, delta ?? '')).toEqual(to)
  })

  it('find what moved', () => {
    const [a, b] = ['0123456789'.repeat(50), 'abcdefghij'.repeat(50)].map((text, turn) =>
      Array.from(text, (char, at) => char + ((at * 7919 + turn) % 97)).join(''),
    )
    const [from, to] = [Buffer.from(`${a}${b}`), Buffer.from(`${b}-${a}`)]
    const delta = makeFossilDelta(from, to)
    expect(delta?.length).toBeLessThan(40)
    expect(applied(from, delta ?? '')).toEqual(to)
  })

  it('are not made of what has nothing in common', () => {
    expect(makeFossilDelta(Buffer.from('{"id":1}'), Buffer.from('[true,false]'))).toBeUndefined()
    expect(makeFossilDelta(Buffer.alloc(0), Buffer.from('[]'))).toBeUndefined()
  })

  it('are those of the docs', async () => {
    const text = await readFile(new URL('../../../docs/delta.md', import.meta.url), 'utf8')
    const json = /```json\n([^]*?)```/.exec(text)?.[1] ?? '[]'
    const vectors = JSON.parse(json) as { base: string; target: string; delta: string }[]
    expect(vectors.length).toBeGreaterThan(5)
    for (const { base, target, delta } of vectors) {
      expect(applied(Buffer.from(base), delta).toString()).toBe(target)
      expect(makeFossilDelta(Buffer.from(base), Buffer.from(target))).toBe(delta)
    }
  })

  it('give up rather than compare for ever', () => {
    const from = Buffer.from('0123456789abcdefg'.repeat(4000))
    const to = Buffer.from('0123456789abcdef_'.repeat(4000))
    expect(makeFossilDelta(from, to)).toBeUndefined()
  })
})
