import { expect, test } from 'vitest'
import type { ProducerRecord, TransactionalProducer } from '../../../src/kafka/index.ts'
import { createLeaderWriter } from '../../../src/storage/leader-writer.ts'
import { eventually } from '../../support/eventually.ts'

const never = new AbortController().signal
const records: readonly ProducerRecord[] = [{ topic: 't', key: null, value: null, headers: [] }]

/** What it is asked for hangs until it is closed, and fails then. */
function hanging(what: 'open' | 'send') {
  const closed = new AbortController()
  const asked = new AbortController()
  const hang = () => {
    asked.abort()
    return new Promise<never>((_resolve, reject) => {
      closed.signal.addEventListener('abort', () => reject(new Error('closed')))
    })
  }
  const producer: TransactionalProducer = {
    open: async () => (what === 'open' ? hang() : undefined),
    begin: async () => ({
      send: async () => (what === 'send' ? hang() : [{ topic: 't', partition: 0, offset: 7n }]),
      async commit() {},
      async abort() {},
    }),
    async close() {
      closed.abort()
    },
  }
  return { producer, asked: () => eventually(() => asked.signal.aborted) }
}

/** How each ended. */
const outcomes = async (works: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(works)).map((each) =>
    each.status === 'rejected' && each.reason instanceof Error ? `${each.reason.name}: ${each.reason.message}` : 'done',
  )

test('giving up does not wait for a write that hangs: it ends, and those behind it are not written', async () => {
  const { producer, asked } = hanging('send')
  const writer = createLeaderWriter(async () => producer)
  await writer.claim()
  const ends = outcomes([writer.write(records, never), writer.write(records, never)])
  await asked()
  await writer.unclaim()
  expect(await ends).toEqual([expect.stringContaining('closed'), expect.stringContaining('FencedError')])
})

test('a claim that is under way when it is given up does not come about', async () => {
  const { producer, asked } = hanging('open')
  const writer = createLeaderWriter(async () => producer)
  const ends = outcomes([writer.claim(), writer.claim()])
  await asked()
  await writer.unclaim()
  expect(await ends).toEqual(['Error: closed', expect.stringContaining('FencedError')])
  await expect(writer.write(records, never)).rejects.toMatchObject({ name: 'FencedError' })
})

test('a write whose time is over before its turn is not written', async () => {
  const { producer, asked } = hanging('send')
  const writer = createLeaderWriter(async () => producer)
  await writer.claim()
  const late = new AbortController()
  const ends = outcomes([writer.write(records, never), writer.write(records, late.signal)])
  await asked()
  late.abort(new Error('too late'))
  await writer.unclaim()
  expect(await ends).toEqual([expect.stringContaining('closed'), 'Error: too late'])
})
