import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearest } from '../../../src/util/nearest.ts'

test('finds what was probably meant', () => {
  const names = ['tasks.max', 'topics', 'topics.regex', 'errors.tolerance']
  expect(nearest('task.max', names)).toBe('tasks.max')
  expect(nearest('topic', names)).toBe('topics')
  expect(nearest('errors.tolerence', names)).toBe('errors.tolerance')
  expect(nearest('completely.different', names)).toBeUndefined()
  expect(nearest('x', [])).toBeUndefined()
})

test('a name that is there is its own nearest', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (names) => {
      expect(nearest(names[0] ?? '', names)).toBe(names[0])
    }),
  )
})
