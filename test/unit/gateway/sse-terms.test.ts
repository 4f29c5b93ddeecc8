import { expect, test } from 'vitest'
import { readSseTerms } from '../../../src/gateway/transports/sse-terms.ts'

test('a query names filter and box', () => {
  const query = new URLSearchParams({ filter: 'value.a > 1', bbox: '1,2.5,-3,4', snapshot: 'true' })
  expect(readSseTerms(query)).toMatchObject({
    ok: true,
    terms: { snapshot: true, filter: 'value.a > 1', bbox: [1, 2.5, -3, 4] },
  })
  const none = readSseTerms(new URLSearchParams())
  expect(none.ok && [none.terms.filter, none.terms.bbox]).toEqual([undefined, undefined])
})

test.each([
  ['bbox', '1,2,3'],
  ['bbox', '1,2,3,4,5'],
  ['bbox', '1,2,3,'],
  ['bbox', '1,2,3,x'],
  ['bbox', '1,2,3,Infinity'],
  ['filter', ''],
  ['filter', 'x'.repeat(1025)],
])('%s=%s is refused', (name, value) => {
  expect(readSseTerms(new URLSearchParams({ [name]: value }))).toMatchObject({
    ok: false,
    refusal: { code: 'bad_request', field: name },
  })
})
