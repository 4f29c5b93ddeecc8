import { expect, test } from 'vitest'
import { warningHeader, warningHeaders } from '../../../src/rest/warnings.ts'

const lines = (warnings: readonly string[]) => warningHeaders(warnings)[warningHeader] ?? []

test('sends no header when there is nothing to warn of', () => {
  expect(warningHeaders([])).toEqual({})
})

test('a warning survives being joined with others and decoded', () => {
  const warnings = ['Unknown property "ümlaut, 🚌 100 %"', 'two\r\nlines']
  const joined = lines(warnings).join(', ')
  expect(joined).toMatch(/^[\x20-\x7e]*$/)
  expect(joined.split(', ').map(decodeURIComponent)).toEqual(warnings)
})

test('stays small enough for HTTP clients and counts what it leaves out', () => {
  const sent = lines(Array.from({ length: 50 }, (_, index) => `${index} ${'🚌'.repeat(1_000)}`))
  expect(sent.join(', ').length).toBeLessThan(5_000)
  expect(sent.at(-1)).toBe(`${50 - (sent.length - 1)} more of 50 warnings`)
  for (const line of sent) expect(() => decodeURIComponent(line)).not.toThrow()
})

test('half a surrogate pair does no harm', () => {
  expect(lines(['a\ud83d']).map(decodeURIComponent)).toEqual(['a\ufffd'])
})
