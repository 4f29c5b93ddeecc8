import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonMember } from '../../../src/gateway/json-member.ts'

test('the text of a member is what JSON.parse would read', () => {
  const spaces = fc.constantFrom('', '  ', '\t\n ')
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.jsonValue(),
      fc.nat({ max: 2 }),
      spaces,
      (others, data, indent, blank) => {
        const text = blank + JSON.stringify({ ...others, data }, null, indent) + blank
        const found = jsonMember(text, 'data')
        expect(found?.trim()).toBe(found)
        expect(JSON.parse(found ?? '')).toEqual(JSON.parse(JSON.stringify(data)))
      },
    ),
  )
})

test.each([
  ['{}', undefined],
  ['{"a":{"data":1}}', undefined],
  ['{"data":1,"data":2}', '2'],
  ['{"d\\u0061ta" : 12345678901234567890.10 , "x":"\\"data\\":3"}', '12345678901234567890.10'],
  ['{"x":"\\\\","data":[ "}" ]}', '[ "}" ]'],
])('in %s it is %s', (text, expected) => {
  expect(jsonMember(text, 'data')).toBe(expected)
})
