import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillIn, placeholdersIn } from '../../../src/config/providers/placeholders.ts'

/** Kafka's own expression: exact, but slow. */
const slow = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g

test('finds and fills in what Kafka’s expression does', () => {
  const text = fc.array(fc.constantFrom('$', '{', '${', '}', ':', 'a', '\n', '$&'), { maxLength: 14 })
  fc.assert(
    fc.property(text, (parts) => {
      const given = parts.join('')
      const expected = [...given.matchAll(slow)].map(([, provider = '', path = '', key = '']) => ({
        provider,
        path,
        key,
      }))
      expect(placeholdersIn(given)).toEqual(expected)
      expect(fillIn(given, () => undefined)).toBe(given)
      const shown = ({ provider, path, key }: { provider: string; path: string; key: string }) =>
        key === '' ? undefined : `<$&${provider}|${path}|${key}>`
      expect(fillIn(given, shown)).toBe(
        given.replace(
          slow,
          (whole, provider: string, path: string | undefined, key: string) =>
            shown({ provider, path: path ?? '', key }) ?? whole,
        ),
      )
    }),
    { numRuns: 2000 },
  )
})

test.each(['${', '${a:', '${a:b:', '${::', '${a'])('a long text of %s is read in no time', (part) => {
  const text = part.repeat(100_000)
  const start = performance.now()
  expect(placeholdersIn(text)).toEqual([])
  expect(placeholdersIn(`${text}}`).length).toBeLessThan(2)
  expect(performance.now() - start).toBeLessThan(2000)
})
