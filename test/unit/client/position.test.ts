import { expect, test } from 'vitest'
import { keepPosition } from '../../../src/client/position.ts'

test('joins the cursor of a message to the epoch told last', () => {
  const position = keepPosition()
  position.advance('e1.0-5')
  expect(position.advance('.0-6.3')).toBe('e1.0-6.3')
  position.advance('e2.')
  expect(position.advance('.1')).toBe('e2.1')
})

test('is nothing as long as no epoch is known', () => {
  const position = keepPosition()
  expect(position.advance('.7')).toBeUndefined()
  expect(position.current).toBeUndefined()
})

test('a whole position on a message replaces both parts', () => {
  const position = keepPosition('e1.4')
  position.advance('e2.9')
  position.advance('.10')
  expect(position.current).toBe('e2.10')
})
