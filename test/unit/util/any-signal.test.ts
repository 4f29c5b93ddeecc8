import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { withAnySignal } from '../../../src/util/any-signal.ts'

test('aborts with the first that does, also before the call, and keeps nothing of a call that is over', async () => {
  const [long, short] = [new AbortController(), new AbortController()]
  const signals = [long.signal, short.signal]
  const reason = new Error('enough')
  const seen = await withAnySignal(signals, async (signal) => {
    expect(signal.aborted).toBe(false)
    short.abort(reason)
    return signal
  })
  expect([seen.aborted, seen.reason]).toEqual([true, reason])
  expect(await withAnySignal(signals, async (signal) => signal.reason)).toBe(reason)
  await expect(withAnySignal([long.signal], () => Promise.reject(reason))).rejects.toBe(reason)
  expect(getEventListeners(long.signal, 'abort')).toEqual([])
  long.abort()
  expect(seen.reason).toBe(reason)
})
