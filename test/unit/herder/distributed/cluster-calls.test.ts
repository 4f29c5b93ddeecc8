import { expect, test } from 'vitest'
import { BadRequestError, ConflictError, ConnectError, isRetriable, NotFoundError, RetriableError } from '#api'
import { createClusterCalls } from '../../../../src/herder/distributed/cluster-calls.ts'
import type { SignedRequest } from '../../../../src/herder/distributed/internal-client.ts'
import { createTurns } from '../../../../src/herder/distributed/turns.ts'
import { createMemoryConfigStore } from '../../../../src/storage/index.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'

async function setUp() {
  const clock = manualClock()
  const store = await createMemoryConfigStore({ log: recordingLog(), clock })
  await store.claim()
  await store.putConnector('c', { 'connector.class': 'CountingSource' })
  await store.putTasks('c', [{ part: '0' }])
  const state = { generation: 1, leader: 'http://a:8083/' as string | undefined, leads: false }
  const group = {
    generation: () => state.generation,
    leaderUrl: () => state.leader,
    isLeader: () => state.leads,
    isRebalancing: () => false,
    isMember: () => true,
    work: () => ({ connectors: [], tasks: [] }),
  }
  const turns = createTurns({ group: () => group as never, clock })
  const asked: SignedRequest[] = []
  const done: string[] = []
  const script: { answer: (request: SignedRequest) => Promise<Buffer> } = { answer: async () => Buffer.alloc(0) }
  const calls = createClusterCalls({
    store,
    group: () => group as never,
    turns,
    client: {
      send(request) {
        asked.push(request)
        return script.answer(request)
      },
      close() {},
    },
    leader: {
      putTasks: async () => void done.push('putTasks'),
      fence: async () => void done.push('fence'),
    },
  })
  return { calls, state, turns, asked, done, script, store }
}

/** As of a worker that is frozen: no answer ever. */
const silence = ({ url, signal }: SignedRequest): Promise<Buffer> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new RetriableError(`The worker at ${url} cannot be reached`)))
  })

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what a frozen leader does not answer is asked of the next one', async () => {
  const { calls, state, turns, asked, script } = await setUp()
  script.answer = silence
  const put = calls.putTasks('c', [{ part: '0' }, { part: '1' }])
  const fenced = calls.fence('c')
  await turn()
  turns.wake()
  await turn()
  expect(asked.map(({ url }) => url)).toEqual(['http://a:8083/', 'http://a:8083/'])
  script.answer = async () => Buffer.alloc(0)
  Object.assign(state, { generation: 2, leader: 'http://b:8083/' })
  turns.wake()
  await Promise.all([put, fenced])
  expect(asked.slice(2).map(({ url }) => url)).toEqual(['http://b:8083/', 'http://b:8083/'])
})

test('what a frozen leader does not answer is done here when this worker leads now', async () => {
  const { calls, state, turns, done, script } = await setUp()
  script.answer = silence
  const put = calls.putTasks('c', [])
  await turn()
  Object.assign(state, { generation: 2, leads: true })
  turns.wake()
  await put
  expect(done).toEqual(['putTasks'])
})

test('a rebalance that has begun leaves a request alone', async () => {
  const { calls, state, turns, asked, script } = await setUp()
  let answer: (bytes: Buffer) => void = () => undefined
  script.answer = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  const fenced = calls.fence('c')
  await turn()
  state.leader = undefined
  turns.wake()
  await turn()
  answer(Buffer.alloc(0))
  await fenced
  expect(asked).toHaveLength(1)
})

test('a task that cannot be fenced for at this moment may try again', async () => {
  const { calls, state, script } = await setUp()
  const failure = () =>
    calls.fence('c').then(
      () => undefined,
      (error: unknown) => error,
    )
  for (const passing of [
    new ConflictError('not the leader'),
    new ConnectError('could not be written'),
    new Error('x'),
  ]) {
    script.answer = () => Promise.reject(passing)
    expect(isRetriable(await failure())).toBe(true)
  }
  state.leader = undefined
  expect(isRetriable(await failure())).toBe(true)
  state.leader = 'http://a:8083/'
  for (const lasting of [new NotFoundError('not found'), new BadRequestError('no source')]) {
    script.answer = () => Promise.reject(lasting)
    expect(await failure()).toBe(lasting)
  }
})

test('a task whose config topic cannot be read at this moment may ask again', async () => {
  const { calls, store } = await setUp()
  store.refresh = () => Promise.reject(new Error('no broker'))
  const error = await calls.verify({ connector: 'c', task: 0 }, 1).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ message: 'no broker', retriable: true })
})

test('who waits for the end of a rebalance is told before the next one begins, or waits for that too', async () => {
  let isRebalancing = true
  let leader: string | undefined
  const group = {
    generation: () => 1,
    isRebalancing: () => isRebalancing,
    isLeader: () => false,
    leaderUrl: () => leader,
  }
  const turns = createTurns({ group: () => group as never, clock: manualClock() })
  const told = turns.lead('only the leader').catch((error: unknown) => error)
  const end = (url: string | undefined) => {
    isRebalancing = url === undefined
    leader = url
  }
  end('http://a:8083/')
  turns.wake()
  await Promise.resolve()
  end(undefined)
  await turn()
  end('http://b:8083/')
  turns.wake()
  expect(await told).toMatchObject({ context: { url: expect.stringMatching('http://[ab]:8083/') } })
})
