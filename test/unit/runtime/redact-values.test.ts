import { expect, test } from 'vitest'
import { createRedact, redactResolved } from '../../../src/runtime/index.ts'

test('hides each value that a provider put in, also where two stand side by side or hold the text between them', () => {
  const redact = redactResolved({
    props: { a: 'dom:user:hunter22', b: 'userhunter22' },
    resolved: new Set(['a', 'b']),
    given: new Map([
      ['a', ['dom:user', 'hunter22']],
      ['b', ['user', 'hunter22']],
    ]),
  })
  expect(redact('login of dom:user failed with hunter22')).toBe('login of [hidden] failed with [hidden]')
})

test('hides a value without the line end that its file has', () => {
  expect(createRedact(['hunter22\n'])('the file /no/hunter22 cannot be opened')).toBe(
    'the file /no/[hidden] cannot be opened',
  )
})

test('hides the whole value where nobody tells what was put in', () => {
  expect(redactResolved({ props: { a: 'me:hunter22' }, resolved: new Set(['a']) })('me:hunter22')).toBe('[hidden]')
})
