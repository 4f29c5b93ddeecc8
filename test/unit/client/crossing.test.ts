import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createAcks } from '../../../src/client/acks.ts'
import { type Client, connect } from '../../../src/client/index.ts'
import { keepPosition } from '../../../src/client/position.ts'
import { startFakeGate } from './fake-gate.ts'

const settings = { WebSocket: WebSocket as never, backoff: { initialMs: 1, maxMs: 5 } as never }

async function setUp(onError?: (error: Error) => void) {
  const gate = await startFakeGate()
  const client: Client = connect(gate.url, { ...settings, ...(onError && { onError }) })
  const session = await gate.session()
  await session.greet()
  return { gate, client, session }
}
const subscribed = (asked: Readonly<Record<string, unknown>>, snapshot: boolean) => ({
  type: 'subscribed',
  id: asked['id'],
  channel: 'bus:1',
  position: 'E.',
  recovered: null,
  granted: { delivery: 'every', snapshot },
})

test('who leaves while the gate refuses hears of neither refusal', async () => {
  const errors: unknown[] = []
  const { client, session } = await setUp((error) => errors.push(error))
  const subscription = client.subscribe('bus:1', { onMessage() {} })
  const asked = await session.frame()
  subscription.unsubscribe()
  session.send({ type: 'error', id: asked['id'], code: 'unavailable', message: 'Not now.', retryable: true })
  const left = await session.frame()
  session.send({ type: 'error', id: left['id'], code: 'unknown_subscription', message: 'None.', retryable: false })
  // Another subscription shows that both were heard.
  const refused: unknown[] = []
  client.subscribe('bus:2', { onMessage() {}, onError: (error) => refused.push(error) })
  const other = await session.frame()
  session.send({ type: 'error', id: other['id'], code: 'forbidden', message: 'No.', retryable: false })
  await expect.poll(() => refused).toHaveLength(1)
  expect(errors).toEqual([])
  client.close()
})

test('half a snapshot is no state, also when the token of the subscription expires in the middle of it', async () => {
  const { client, session } = await setUp()
  let tokens = 0
  client.subscribe('bus:1', { token: () => `t${tokens++}`, onState() {} })
  const asked = await session.frame()
  session.send(
    subscribed(asked, true),
    {
      type: 'snapshot',
      subscription: asked['id'],
      items: [{ channel: 'bus:1', key: 'a', data: 1 }],
      more: true,
    },
    { type: 'unsubscribed', subscription: asked['id'], code: 'token_expired' },
  )
  expect(await session.frame()).not.toHaveProperty('position')
  client.close()
})

test('of two changes at once the one that is refused takes nothing of the other with it', async () => {
  const { gate, client, session } = await setUp()
  const subscription = client.subscribe('bus:1', { onMessage() {} })
  session.send(subscribed(await session.frame(), false))
  const refused = subscription.update({ filter: 'bad (' })
  const changed = subscription.update({ maxRate: 5 })
  const [first, second] = [await session.frame(), await session.frame()]
  session.send(
    { type: 'error', id: first['id'], code: 'bad_filter', message: 'No.', retryable: false },
    { type: 'updated', id: second['id'], granted: { delivery: 'every', snapshot: false, maxRate: 5 } },
  )
  await expect(refused).rejects.toThrow('No.')
  await changed
  session.terminate()
  const next = await gate.session()
  await next.greet()
  const back = await next.frame()
  expect(back).toMatchObject({ maxRate: 5 })
  expect(back).not.toHaveProperty('filter')
  client.close()
})

test('notices of messages too large give their places in the window back with the message before them', () => {
  const sent: string[] = []
  const due: (() => void)[] = []
  const timers = { now: () => 0, set: (work: () => void) => due.push(work), clear: () => undefined }
  const position = keepPosition('E.')
  const acks = createAcks(position, timers, (told) => sent.push(told))
  acks.begin('E.', 3)
  position.advance('.0-1')
  const done = acks.give(position.current)
  position.advance('.0-2')
  acks.moved(true)
  position.advance('.0-3')
  acks.moved(true)
  done()
  for (const work of due) work()
  expect(sent).toEqual(['E.0-3'])
})
