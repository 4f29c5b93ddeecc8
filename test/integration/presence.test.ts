import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { startGateCluster } from '../support/gate-cluster.ts'

type Answer = Readonly<Record<string, unknown>>

const rules = { subscribe: 'anonymous', presence: 'anonymous', statistics: 'anonymous' }

/** Connects and, with a channel, subscribes. */
async function connect(url: string, channel?: string) {
  const socket = new WebSocket(url, 'tidegate.v1')
  onTestFinished(() => socket.terminate())
  const answers = new Map<unknown, (answer: Answer) => void>()
  let lastId = 0
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Answer
    if (frame['type'] === 'ping') socket.send('{"type":"pong"}')
    answers.get(frame['id'])?.(frame)
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const ask = (frame: object): Promise<Answer> =>
    new Promise((resolve) => {
      const id = ++lastId
      answers.set(id, resolve)
      socket.send(JSON.stringify({ ...frame, id }))
    })
  if (channel !== undefined) {
    const { type } = await ask({ type: 'subscribe', channel })
    if (type !== 'subscribed') throw new Error(`The subscription was answered with ${String(type)}.`)
  }
  return { ask, close: () => socket.close() }
}

test('every worker tells who is subscribed on all of them, and that a part is missing while one is gone', {
  timeout: 120_000,
}, async () => {
  const { cluster, urls } = await startGateCluster({
    workers: 2,
    partitions: 1,
    channels: 2,
    keysOfChannel: 1,
    perRecord: 1,
    everyMs: 1000,
    recordsEach: 1,
    props: { 'gateway.namespaces': JSON.stringify({ item: rules }) },
  })
  const [first = '', second = ''] = urls
  await Promise.all([connect(first, 'item:c0'), connect(second, 'item:c0'), connect(first, 'item:*')])
  const leaving = await connect(second, 'item:c0')
  await connect(second, 'item:c1')
  const asking = await Promise.all(urls.map((url) => connect(url)))
  const everywhere = (): Promise<Answer[]> =>
    Promise.all(asking.map(({ ask }) => ask({ type: 'statistics', channel: 'item:c0' })))
  await eventually(async () => (await everywhere()).every(({ sessions }) => sessions === 4), {
    what: 'the same on all workers',
  })
  for (const answer of await everywhere()) expect(answer).toMatchObject({ clients: 4, sessions: 4 })
  for (const { ask } of asking) {
    const answer = await ask({ type: 'presence', channel: 'item:c0' })
    expect(answer).toMatchObject({ more: false, clients: { length: 4 } })
    expect(answer).not.toHaveProperty('partial')
  }

  leaving.close()
  await eventually(async () => (await everywhere()).every(({ sessions }) => sessions === 3), { what: 'one less' })

  cluster.freeze(1)
  onTestFinished(() => cluster.thaw(1))
  const [here] = asking
  const statistics = (): Promise<Answer> | undefined => here?.ask({ type: 'statistics', channel: 'item:c1' })
  const began = performance.now()
  expect(await statistics()).toMatchObject({ clients: 1, sessions: 1, partial: true })
  expect(performance.now() - began).toBeLessThan(2500)
  cluster.thaw(1)
  await eventually(async () => (await statistics())?.['sessions'] === 2, { what: 'all of them again' })
})
