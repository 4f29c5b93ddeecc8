import { expect, test } from 'vitest'
import { startLaneCluster } from './lane-cluster.ts'

const rider = (session: string) => ({ client: 'rider', producer: 'phone', session })
const partition = { producer: '["rider","phone"]' }
const message = (n: number) => ({ messageId: n, data: `{"n":${n}}` })

async function start(options: Parameters<typeof startLaneCluster>[0] = {}) {
  const cluster = await startLaneCluster(options)
  const publish = async (n: number, { at = 0, from = rider('s') } = {}) =>
    cluster.doors[at]?.publish({ ...from, ...message(n) })
  return { ...cluster, publish }
}

test('a message is answered when it is stored, and its resend to another worker is a duplicate', async () => {
  const { publish, stored } = await start()
  expect(await publish(7)).toMatchObject({ ok: true, coordinates: { topic: 'reports' } })
  expect(await publish(7, { at: 1, from: rider('t') })).toEqual({ ok: true, duplicate: true })
  expect(stored(partition)).toEqual([7])
})

test('a lane that starts again knows every stored id, those with gaps between them too', async () => {
  const { publish, stored, stopLanes } = await start()
  for (const n of [3, 5, 9]) await publish(n)
  stopLanes()()
  for (const n of [3, 5, 9]) expect(await publish(n)).toEqual({ ok: true, duplicate: true })
  expect(await publish(4)).toMatchObject({ ok: false, code: 'unknown_message_id', retryable: false })
  expect(await publish(10)).toMatchObject({ ok: true })
  expect(stored(partition)).toEqual([3, 5, 9, 10])
})

test('another number of lanes finds the ids of before', async () => {
  const before = await start()
  await before.publish(1)
  const after = await start({ props: { 'ingress.lanes': '5' }, offsets: before.offsets })
  expect(await after.publish(1)).toEqual({ ok: true, duplicate: true })
  expect(await after.publish(2)).toMatchObject({ ok: true })
})

test('while a lane cannot be reached a message is refused for a while, and those behind it wait for it', async () => {
  const { publish, stored, stopLanes } = await start()
  await publish(1)
  const startLanes = stopLanes()
  const [two, three] = await Promise.all([publish(2), publish(3)])
  for (const answer of [two, three])
    expect(answer).toMatchObject({ ok: false, code: 'kafka_unavailable', retryable: true })
  startLanes()
  expect(await publish(4)).toMatchObject({ ok: false, code: 'out_of_order', retryable: true })
  for (const n of [2, 3, 4]) expect(await publish(n)).toMatchObject({ ok: true })
  expect(stored(partition)).toEqual([1, 2, 3, 4])
})

test('what nobody would recognise as a resend is not sent to a lane twice', async () => {
  const { doors, stopLanes, clock } = await start({ props: { 'ingress.stall.ms': '600000' } })
  stopLanes()
  const began = clock.now()
  expect(await doors[0]?.publish({ data: '{"n":1}' })).toMatchObject({ ok: false, retryable: true })
  expect(clock.now() - began).toBeLessThan(600_000)
})

test('a message that does not fit is refused with the same error again, and uses its id up', async () => {
  const { doors, publish, stored } = await start()
  const bad = { ...rider('s'), messageId: 1, data: '{"n":12345678901234567890}' }
  const refusal = { ok: false, code: 'unsafe_integer', field: 'n', retryable: false }
  for (const door of [0, 1]) expect(await doors[door]?.publish(bad)).toMatchObject(refusal)
  expect(await publish(2)).toMatchObject({ ok: true })
  expect(await doors[0]?.publish(bad)).toMatchObject(refusal)
  expect(stored(partition)).toEqual([2])
})

test('the newest connection of a producer is its only one, on whichever worker', async () => {
  const { doors, publish, stored } = await start()
  doors[0]?.connect(rider('s'))
  expect(await publish(1)).toMatchObject({ ok: true })
  doors[1]?.connect(rider('t'))
  await expect.poll(() => doors[0]?.closed).toEqual(['s'])
  expect(await publish(2, { from: rider('s') })).toMatchObject({
    ok: false,
    code: 'producer_taken_over',
    retryable: false,
  })
  expect(await publish(2, { at: 1, from: rider('t') })).toMatchObject({ ok: true })
  expect(stored(partition)).toEqual([1, 2])
})

test('a connection that was taken over stays so when the lane starts again', async () => {
  const { doors, publish, stopLanes } = await start()
  await publish(1, { from: rider('s') })
  await publish(2, { at: 1, from: rider('t') })
  stopLanes()()
  expect(await publish(3, { from: rider('s') })).toMatchObject({ code: 'producer_taken_over' })
  expect(doors[0]?.closed).toContain('s')
  expect(await publish(3, { at: 1, from: rider('t') })).toMatchObject({ ok: true })
})

test('a producer that was silent for too long goes on behind its last id, and its resends are refused', async () => {
  const { publish, clock } = await start({ props: { 'ingress.producer.retention.ms': '500' } })
  await publish(5)
  await clock.sleep(1000)
  for (const n of [5, 4])
    expect(await publish(n)).toMatchObject({ ok: false, code: 'producer_expired', retryable: false })
  expect(await publish(6)).toMatchObject({ ok: true })
})

test('no producer is forgotten for another', async () => {
  const { publish } = await start({ props: { 'ingress.max.producers': '1', 'ingress.lanes': '1' } })
  expect(await publish(1)).toMatchObject({ ok: true })
  const other = { client: 'rider', producer: 'watch', session: 'w' }
  expect(await publish(1, { from: other })).toMatchObject({ ok: false, code: 'too_many_producers', retryable: true })
  expect(await publish(1)).toEqual({ ok: true, duplicate: true })
})

test('a door of another number of lanes is not served', async () => {
  const { doors } = await start({ laneProps: { 'ingress.lanes': '3' } })
  expect(await doors[0]?.publish({ ...rider('s'), ...message(1) })).toMatchObject({ code: 'kafka_unavailable' })
})

test('a client hears nothing of a lane that moves', async () => {
  const { publish, stored, stopLanes } = await start({ props: { 'ingress.stall.ms': '60000' } })
  await publish(1)
  const answers = [2, 3].map((n) => publish(n))
  const startLanes = stopLanes()
  answers.push(publish(4))
  startLanes()
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true })
  expect(stored(partition)).toEqual([1, 2, 3, 4])
})
