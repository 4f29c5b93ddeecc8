import { expect, test } from 'vitest'
import { retry } from '../../../src/util/retry.ts'
import { manualClock } from '../../support/quiet.ts'

const backoff = { initialMs: 100, maxMs: 400 }

test('tries until it succeeds, with longer and longer waits', async () => {
  const clock = manualClock(0)
  const at: number[] = []
  const result = retry(
    (attempt) => {
      at.push(clock.now())
      if (attempt < 4) throw new Error('not yet')
      return attempt
    },
    { clock, signal: new AbortController().signal, backoff, again: () => true },
  )
  await clock.advance(5000)
  expect(await result).toBe(4)
  expect(at).toEqual([0, 100, 300, 700, 1100])
})

test('what is not worth another try is thrown', async () => {
  const options = { clock: manualClock(), signal: new AbortController().signal, backoff }
  const tries: number[] = []
  const result = retry(
    () => {
      throw new Error('final')
    },
    { ...options, again: (_, attempt) => tries.push(attempt) < 1 },
  )
  await expect(result).rejects.toThrow('final')
})

test('the signal ends the wait, and no try follows', async () => {
  const stopping = new AbortController()
  let tries = 0
  const result = retry(
    () => {
      tries++
      throw new Error('away')
    },
    { clock: manualClock(), signal: stopping.signal, backoff, again: () => true },
  )
  const outcome = result.catch(String)
  await Promise.resolve()
  stopping.abort()
  expect(await outcome).toContain('away')
  expect(tries).toBe(1)
})
