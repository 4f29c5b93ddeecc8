import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDateFormat } from '../../../src/transforms/date-format/index.ts'

// What Java 17 prints and reads for these, in UTC and with the locale en_US.
const noon = Date.UTC(2024, 1, 29, 12, 5, 9, 7)

test.each([
  ['yyyyMMdd', '20240229'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2024-02-29T12:05:09.007Z'],
  ['EEE, d MMM yy hh:mm a z', 'Thu, 29 Feb 24 12:05 PM UTC'],
  ['EEEE MMMM G zzzz Z', 'Thursday February AD Coordinated Universal Time +0000'],
  ['D F E w W u k K', '60 5 Thu 9 5 4 12 0'],
  ["'at' h 'o''clock'", "at 12 o'clock"],
])('%s writes %s', (pattern, expected) => {
  expect(createDateFormat(pattern).format(noon)).toBe(expected)
})

test.each([
  ['yyyy-MM-dd', '2024-02-30', Date.UTC(2024, 2, 1)],
  ['yyyy-MM-dd', '2024-02-29 and more', Date.UTC(2024, 1, 29)],
  ['yyyyMMddHH', '2024022913', Date.UTC(2024, 1, 29, 13)],
  ['dd/MM/yy', '29/02/24', Date.UTC(2024, 1, 29)],
  ['d MMMM yyyy', '29 feb 2024', Date.UTC(2024, 1, 29)],
  ['yyyy-MM-dd HH:mm Z', '2024-02-29 12:00 -0830', Date.UTC(2024, 1, 29, 20, 30)],
  ['yyyy-MM-dd HH:mm z', '2024-02-29 12:00 PST', Date.UTC(2024, 1, 29, 20)],
  ['h a', '12 AM', 0],
  ['yyyy DDD', '2024 060', Date.UTC(2024, 1, 29)],
  ['yyyy-MM-dd', '0000-01-01', Date.UTC(-1, 11, 30)],
  ['yyyy-MM-dd', '٢٠٢٤-٠٢-٢٩', Date.UTC(2024, 1, 29)],
  ['ss', '𝟑', undefined],
  ['yyyy-MM-dd', 'nothing', undefined],
  ['yyyy-MM-dd', '2024-02', undefined],
])('%s reads %s', (pattern, text, expected) => {
  expect(createDateFormat(pattern).parse(text)).toBe(expected)
})

test('years of two digits lie within eighty years before and twenty after', () => {
  const { parse } = createDateFormat('yy', Date.UTC(2026, 5, 1))
  expect(parse('46')).toBe(Date.UTC(2046, 0, 1))
  expect(parse('47')).toBe(Date.UTC(1947, 0, 1))
})

test.each([
  ['yyyy-bb', "Illegal pattern character 'b'"],
  ["yyyy'", 'Unterminated quote'],
  ['XXXX', 'invalid ISO 8601 format: length=4'],
])('the pattern %s is refused', (pattern, message) => {
  expect(() => createDateFormat(pattern)).toThrow(message)
})

test('what is written is read back, from the Middle Ages to far away', () => {
  const { format, parse } = createDateFormat('G yyyy-MM-dd HH:mm:ss.SSS')
  fc.assert(
    fc.property(fc.integer({ min: -62_000_000_000_000, max: 8_000_000_000_000_000 }), (millis) => {
      expect(parse(format(millis))).toBe(millis)
    }),
  )
})
