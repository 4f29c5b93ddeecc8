import { expect, test } from 'vitest'
import { createLoader } from '../../../src/registry/loader.ts'
import { manualClock } from '../../support/quiet.ts'

class Absent extends Error {}
class Away extends Error {}

function setUp(options: { max?: number; ttlMs?: number } = {}) {
  const clock = manualClock()
  const loader = createLoader<string>({
    clock,
    max: 2,
    absentMs: 5000,
    isAbsent: (error) => error instanceof Absent,
    isAway: (error) => error instanceof Away,
    ...options,
  })
  const loads: string[] = []
  const get = (key: string, answer: () => string = () => key.toUpperCase()) =>
    loader.get(key, async () => {
      loads.push(key)
      return answer()
    })
  return { clock, loader, get, loads }
}

const fail = (error: Error) => () => {
  throw error
}

test('loads once for all who ask meanwhile, and answers at once after that', async () => {
  const { get, loads } = setUp()
  const [first, second] = [get('a'), get('a')]
  expect(second).toBe(first)
  expect(await first).toBe('A')
  expect(get('a')).toBe('A')
  expect(loads).toEqual(['a'])
})

test('repeats "does not exist" for a while, then asks again', async () => {
  const { get, loads, clock } = setUp()
  await expect(get('a', fail(new Absent('no')))).rejects.toThrow('no')
  expect(() => get('a')).toThrow('no')
  await clock.advance(5000)
  expect(await get('a')).toBe('A')
  expect(loads).toHaveLength(2)
})

test('keeps no other failure', async () => {
  const { get } = setUp()
  await expect(get('a', fail(new Away('away')))).rejects.toThrow('away')
  expect(await get('a')).toBe('A')
})

test('loads again after the time to live, and keeps the former value while the source is away', async () => {
  const { get, loads, clock } = setUp({ ttlMs: 1000 })
  await get('a')
  await clock.advance(999)
  expect(get('a')).toBe('A')
  await clock.advance(1)
  expect(await get('a', fail(new Away('away')))).toBe('A')
  expect(get('a')).toBe('A')
  expect(loads).toHaveLength(2)
  await clock.advance(5000)
  expect(await get('a', () => 'B')).toBe('B')
})

test('drops the oldest beyond its bound', async () => {
  const { get, loads } = setUp({ max: 2 })
  for (const key of ['a', 'b', 'c', 'b', 'a']) await get(key)
  expect(loads).toEqual(['a', 'b', 'c', 'a'])
})

test('forgets on request', async () => {
  const { get, loader, loads } = setUp()
  await get('a')
  loader.forget('a')
  await get('a')
  expect(loads).toHaveLength(2)
})
