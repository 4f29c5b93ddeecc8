import { expect, test } from 'vitest'
import { compileOutgoing, cutIntoRequests, requestOf } from '../../../../src/connectors/webhook/outgoing.ts'
import { sinkRecord } from '../../../conformance/run-task.ts'

const options = {
  url: 'http://h/#{topic}',
  message: null,
  'message.key': null,
  'batch.max.records': 3,
  'batch.max.bytes': 20,
  'max.in.flight.requests': 4,
}

const cut = (values: readonly unknown[]) => {
  const messageOf = compileOutgoing(options)
  return cutIntoRequests(
    values.map((value, index) => messageOf(sinkRecord(index, value))),
    options,
  ).map((group) => requestOf(group, true))
}

test('an array has no more messages and no more bytes than are allowed', () => {
  const bodies = cut([1, 2, 3, 4, 'x'.repeat(12), 'y', 'é'.repeat(8)]).map(({ body }) => body)
  expect(bodies).toEqual(['[1,2,3]', '[4,"xxxxxxxxxxxx"]', '["y"]', '["éééééééé"]'])
  for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20)
})

test('a message that is too large by itself is refused', () => {
  expect(() => cut(['x'.repeat(17)])).toThrow('The message has 19 bytes, which is more than batch.max.bytes (20)')
})

test('an array is named after all that is in it, so that no other has its name', () => {
  const [three] = cut([1, 2, 3])
  const [two] = cut([1, 2])
  expect(three?.id).toMatch(/^t-0-0-x3-[0-9a-f]{16}$/)
  expect(cut([1, 2, 3])[0]?.id).toBe(three?.id)
  expect(two?.id).not.toBe(three?.id)
})

test('an id has no full stop, which signatures could not tell from their own', () => {
  const messageOf = compileOutgoing({ ...options, message: '#{id}', 'batch.max.bytes': 99 })
  const record = sinkRecord(7, {}, { path: [2] })
  const message = messageOf({ ...record, origin: { ...record.origin, topic: 'buses.live' } })
  expect(message).toMatchObject({ id: 'buses~live-0-7~2', text: '"buses~live-0-7~2"' })
})

test('a part of a split record has the name of no record of another topic', () => {
  const messageOf = compileOutgoing(options)
  const record = sinkRecord(0, 1)
  const idOf = (topic: string, partition: number, offset: bigint, path: number[]) =>
    messageOf({ ...record, path, origin: { ...record.origin, topic, partition, offset } }).id
  const ids = [idOf('t-1', 2, 3n, []), idOf('t', 1, 2n, [3]), idOf('t.1', 2, 3n, []), idOf('t', 1, 2n, [3, 4])]
  expect(new Set(ids).size).toBe(4)
})
