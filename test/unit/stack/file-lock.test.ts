import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withFileLock } from '../../../src/stack/file-lock.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { temporaryDir } from './temporary-dir.ts'

/** Looks again at once: these tests wait for files, not for time. */
const clock = { now: Date.now, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) }

test('two holders never overlap, and the file is gone afterwards', async () => {
  const path = join(await temporaryDir(), 'x.lock')
  let inside = 0
  let most = 0
  const waited: string[] = []
  const work = () =>
    withFileLock(path, { clock, onWait: (holder) => waited.push(holder) }, async () => {
      most = Math.max(most, ++inside)
      await systemClock.sleep(5)
      inside--
    })
  await Promise.all([work(), work(), work()])
  expect(most).toBe(1)
  expect(waited[0]).toBe(`${process.pid}@${hostname()}`)
  expect(existsSync(path)).toBe(false)
})

test('a failing action lets go of the lock', async () => {
  const path = join(await temporaryDir(), 'x.lock')
  await expect(withFileLock(path, { clock }, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(path)).toBe(false)
})

test.each([
  ['ended', { pid: 2 ** 30, host: hostname(), startTime: '1' }],
  ['had this pid before another process', { pid: process.pid, host: hostname(), startTime: 'earlier' }],
])('the lock of a holder that %s is taken over', async (_what, holder) => {
  const path = join(await temporaryDir(), 'x.lock')
  await writeFile(path, JSON.stringify(holder))
  expect(await withFileLock(path, { clock }, async () => 'done')).toBe('done')
})

test('the lock of another machine is kept while it is fresh and taken over when it has been silent', async () => {
  const path = join(await temporaryDir(), 'x.lock')
  await writeFile(path, JSON.stringify({ pid: 7, host: 'elsewhere', startTime: '1' }))
  const giveUp = new AbortController()
  const onWait = () => giveUp.abort(new Error('waited'))
  await expect(withFileLock(path, { clock, signal: giveUp.signal, onWait }, async () => 0)).rejects.toThrow('waited')
  const later = { ...clock, now: () => Date.now() + 61_000 }
  expect(await withFileLock(path, { clock: later }, async () => 'done')).toBe('done')
})
