import { expect, test } from 'vitest'
import { shareClient } from '../../../src/kafka/shared-client.ts'

const unknownTopic = () => Object.assign(new Error('no such topic'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })

function setUp() {
  const ended: number[] = []
  let made = 0
  const shared = shareClient(async () => {
    const id = ++made
    return { id, disconnect: async () => void ended.push(id) }
  })
  return { shared, ended, made: () => made }
}

test('when a topic is unknown the client is replaced once, and ends when its other users have finished', async () => {
  const { shared, ended, made } = setUp()
  let finish = (): void => undefined
  const slow = shared.use(({ id }) => new Promise<number>((resolve) => (finish = () => resolve(id))))
  const seen = await shared.use(async ({ id }) => {
    if (id === 1) throw new Error('tried often enough', { cause: unknownTopic() })
    return id
  })
  expect(seen).toBe(2)
  expect(ended).toEqual([])
  finish()
  expect(await slow).toBe(1)
  expect(ended).toEqual([1])
  expect(await shared.use(async ({ id }) => id)).toBe(2)
  await shared.close()
  expect([ended, made()]).toEqual([[1, 2], 2])
})

test('a topic that nobody knows fails after one more try, and leaves a client that works', async () => {
  const { shared, made } = setUp()
  await expect(shared.use(() => Promise.reject(unknownTopic()))).rejects.toThrow('no such topic')
  expect(await shared.use(async ({ id }) => id)).toBe(2)
  expect(made()).toBe(2)
})

test('any other failure is passed on, with the client kept', async () => {
  const { shared, made } = setUp()
  await expect(shared.use(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  expect(await shared.use(async ({ id }) => id)).toBe(1)
  expect(made()).toBe(1)
})

test('a client whose connection failed is made anew for the next who asks', async () => {
  let tries = 0
  const shared = shareClient(async () => {
    if (++tries === 1) throw new Error('away')
    return { disconnect: async () => undefined }
  })
  await expect(shared.use(async () => 'used')).rejects.toThrow('away')
  expect(await shared.use(async () => 'used')).toBe('used')
})
