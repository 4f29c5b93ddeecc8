import { expect, test } from 'vitest'
import type { Cluster, ProtocolCall } from '../../../src/kafka/internals.ts'
import { createKnownIds } from '../../../src/kafka/known-ids.ts'
import { askTopicIds, metadata } from '../../../src/kafka/topic-ids.ts'

const text = (value: string): number[] => [value.length + 1, ...Buffer.from(value)]
const id = Buffer.from('c05867c6ce1e457b99d2f5712b5750dc', 'hex')
const tail = [128, 0, 0, 0, 0]
/** Not internal; one partition with a replica, in sync, none offline, and a tagged field of two bytes. */
const rest = [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 2, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 1, 9, 2, 7, 7, ...tail]
const topic = (name: string, uuid: Buffer, errorCode = 0): number[] => [0, errorCode, ...text(name), ...uuid, ...rest]
const broker = [0, 0, 0, 0, 0, 2, 0, 0, 0, 1, ...text('broker'), 0, 0, 35, 132, 0, 0, ...text('cluster'), 0, 0, 0, 1]
const answer = (...topics: readonly number[][]): Buffer =>
  Buffer.from([...broker, topics.length + 1, ...topics.flat(), ...tail])
const none = Buffer.alloc(16)

test('the ids of topics are read from the answer, beside all else that it says', async () => {
  const { decode } = metadata(['a', 'b']).response
  expect(await decode(answer(topic('a', id), topic('b', none)))).toEqual(new Map([['a', 'wFhnxs4eRXuZ0vVxK1dQ3A']]))
})

test('topics are asked for by name, and none is made', async () => {
  const { buffer } = await metadata(['a']).request.encode()
  expect([...buffer]).toEqual([0, 2, ...none, 2, 97, 0, 0, 0, 0, 0])
})

test('a topic that is not there, and an answer that is cut short, are errors that say so', async () => {
  const { decode } = metadata(['a']).response
  await expect(decode(answer(topic('a', none, 3)))).rejects.toThrow('does not tell the id of topic a')
  const whole = answer(topic('a', id))
  for (let end = 0; end < whole.length - 5; end++)
    await expect(decode(whole.subarray(0, end))).rejects.toThrow(/ids of topics cannot be read/)
})

/** Answers, or fails, as the list says. */
function cluster(maxVersion: number, answers: (Buffer | Error)[]) {
  let refreshed = 0
  const send = async <T>({ response }: ProtocolCall<T>): Promise<T> => {
    const next = answers.shift()
    if (!Buffer.isBuffer(next)) throw next
    return response.decode(next)
  }
  const brokerPool = {
    findConnectedBroker: async () => ({ versions: { 3: { maxVersion } }, connectionPool: { send } }),
  }
  const asked = { brokerPool, refreshMetadata: async () => void refreshed++ } as unknown as Cluster
  return { asked, refreshed: () => refreshed }
}

test('a broker that knows no ids is not asked, one that does not answer once more', async () => {
  expect(await askTopicIds(cluster(9, []).asked, ['a'])).toBeUndefined()
  const broken = cluster(10, [new Error('closed'), answer(topic('a', id))])
  expect([...((await askTopicIds(broken.asked, ['a'])) ?? [])]).toHaveLength(1)
  expect(broken.refreshed()).toBe(1)
  const gone = cluster(12, [answer(topic('a', none, 3))])
  await expect(askTopicIds(gone.asked, ['a'])).rejects.toThrow('topic a')
  expect(gone.refreshed()).toBe(0)
})

test('a topic has changed when its id has, but not by the word of a broker that still tells the former', () => {
  const ids = createKnownIds([
    { topic: 'a', topicId: 'one' },
    { topic: 'b', topicId: undefined },
  ])
  expect(ids.changed(undefined)).toEqual([])
  const first = new Map([
    ['a', 'one'],
    ['b', 'x'],
  ])
  expect(ids.changed(first)).toEqual([])
  ids.learn(first)
  expect(ids.of('b')).toBe('x')
  const second = new Map([['a', 'two']])
  expect(ids.changed(second)).toEqual(['a'])
  ids.learn(second)
  expect(ids.changed(first)).toEqual([])
  ids.learn(first)
  expect(ids.of('a')).toBe('two')
  expect(ids.changed(new Map([['a', 'three']]))).toEqual(['a'])
  ids.keep(['b'])
  expect([ids.of('a'), ids.of('b')]).toEqual([undefined, 'x'])
})

test('a former id that is told look after look is the topic’s after all: the other came from a broker that had not heard', () => {
  const ids = createKnownIds([{ topic: 'a', topicId: 'two' }])
  const [stale, real] = [new Map([['a', 'one']]), new Map([['a', 'two']])]
  ids.learn(stale)
  for (const _ of [1, 2]) {
    expect(ids.changed(real)).toEqual([])
    ids.learn(real)
  }
  expect(ids.changed(real)).toEqual(['a'])
  ids.learn(real)
  expect(ids.of('a')).toBe('two')
})
