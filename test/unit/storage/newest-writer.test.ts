import { expect, test } from 'vitest'
import { ConnectError, RetriableError } from '#api'
import { createNewestWriter, type Newest } from '../../../src/storage/newest-writer.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock, recordingLog } from '../../support/quiet.ts'

const item = (key: string, value: string, stillWanted = true): Newest => ({
  key,
  value,
  stillWanted: () => stillWanted,
})

/** Keeps what arrives; the first sends fail as told. */
function topic(...failures: readonly Error[]) {
  const left = [...failures]
  const held = new Map<string, string | null>()
  const sizes: number[] = []
  const send = async (items: readonly Newest[]) => {
    sizes.push(items.length)
    const failure = left.shift()
    if (failure) throw failure
    for (const { key, value } of items) held.set(key, value)
  }
  return { send, held, sizes }
}

test('writes many keys in parts, and each of them', async () => {
  const { send, held, sizes } = topic()
  const writer = createNewestWriter(send, { log: recordingLog(), clock: systemClock })
  for (let n = 0; n < 1700; n++) writer.put(item(`k${n}`, String(n)))
  await writer.flush(10_000)
  expect(held.size).toBe(1700)
  expect(Math.max(...sizes)).toBe(500)
  await writer.close()
})

test('tries again what could not be written, of each key the newest alone, and what is still wanted', async () => {
  const { send, held, sizes } = topic(new RetriableError('away'), new RetriableError('away'))
  const [clock, log] = [manualClock(), recordingLog()]
  const writer = createNewestWriter(send, { log, clock })
  writer.put(item('a', 'old'))
  await eventually(() => log.lines.length === 1)
  writer.put(item('a', 'new'))
  writer.put(item('late', 'x', false))
  await clock.advance(100)
  await eventually(() => log.lines.length === 2)
  expect(held.size).toBe(0)
  await clock.advance(200)
  await writer.flush(1000)
  expect([...held]).toEqual([['a', 'new']])
  expect(sizes).toEqual([1, 2, 1])
  await writer.close()
})

test('a record that is refused is logged and keeps no other from being written', async () => {
  const log = recordingLog()
  const held: string[] = []
  const send = async (items: readonly Newest[]) => {
    if (items.some(({ key }) => key === 'large')) throw new ConnectError('too large')
    held.push(...items.map(({ key }) => key))
  }
  const writer = createNewestWriter(send, { log, clock: systemClock })
  for (const key of ['first', 'a', 'large', 'b']) writer.put(item(key, key))
  await writer.flush(10_000)
  expect(held).toEqual(['first', 'a', 'b'])
  expect(log.lines).toMatchObject([{ level: 'error', fields: { key: 'large' } }])
  await writer.close()
})

test('flush waits no longer than it may, and close ends the tries', async () => {
  const away = Array.from({ length: 100 }, () => new RetriableError('away'))
  const { send, held } = topic(...away)
  const [clock, log] = [manualClock(), recordingLog()]
  const writer = createNewestWriter(send, { log, clock })
  writer.put(item('a', '1'))
  const flushed = writer.flush(50)
  await eventually(() => log.lines.length > 0)
  await clock.advance(50)
  await flushed
  await writer.close()
  writer.put(item('b', '1'))
  await writer.flush(50)
  expect(held.size).toBe(0)
})

test('closing waits two seconds for what is being sent, and no longer', async () => {
  const [clock, log] = [manualClock(), recordingLog()]
  const writer = createNewestWriter(() => new Promise<never>(() => undefined), { log, clock })
  writer.put(item('a', 'x'))
  let isClosed = false
  const close = async () => {
    await writer.close()
    isClosed = true
  }
  const closing = close()
  await clock.advance(1999)
  expect(isClosed).toBe(false)
  await clock.advance(1)
  await closing
  expect(log.lines).toHaveLength(1)
})
