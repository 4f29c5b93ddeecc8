import { expect, test } from 'vitest'
import { systemClock } from '../../../src/util/clock.ts'

test('sleep ends, without a rejection, when the signal aborts', async () => {
  const abort = new AbortController()
  const sleeping = systemClock.sleep(3_600_000, abort.signal)
  abort.abort()
  await expect(sleeping).resolves.toBeUndefined()
  await expect(systemClock.sleep(3_600_000, abort.signal)).resolves.toBeUndefined()
  await expect(systemClock.sleep(0)).resolves.toBeUndefined()
})

test('now is the time of day in milliseconds', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
})
