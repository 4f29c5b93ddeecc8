import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import {
  bootstrapServers,
  counting,
  describeGroup,
  freezable,
  gate,
  member,
  newGroup,
  sessionTimeoutMs,
  together,
  told,
} from '../support/group-members.ts'
import { quietLog } from '../support/quiet.ts'

test('three members elect one leader, and each gets what the leader has decided for it', async () => {
  const groupId = newGroup()
  const members = ['a', 'b', 'c'].map((name) => member(groupId, name))
  const joined = await together(...members)
  expect(new Set(joined.map(({ leaderId }) => leaderId)).size).toBe(1)
  expect(joined.map((each) => told(each)?.to)).toEqual(['a', 'b', 'c'])
  const deciders = members.filter(({ decisions }) =>
    decisions.some(({ generation }) => generation === joined[0]?.generation),
  )
  expect(deciders.map((each) => each.last()?.memberId)).toEqual([joined[0]?.leaderId])
  const group = await describeGroup(groupId)
  expect([group?.protocolType, group?.protocol, group?.state]).toEqual(['connect', 'sessioned', 'Stable'])
})

test('when one closes, the others rebalance without it, and a group that all have left is empty', async () => {
  const groupId = newGroup()
  const [a, b, c] = [member(groupId, 'a'), member(groupId, 'b'), member(groupId, 'c')]
  const [first] = await together(a, b, c)
  const leader = [a, b, c].find((each) => each.last()?.memberId === first?.leaderId) ?? a
  const others = [a, b, c].filter((each) => each !== leader)
  await leader.close()
  const [second] = await together(...others)
  expect(second?.leaderId).not.toBe(first?.leaderId)
  expect(others.map(({ losses }) => losses)).toEqual([[], []])
  await Promise.all(others.map((each) => each.close()))
  expect((await describeGroup(groupId))?.members).toEqual([])
  const kafka = createKafkaClient({ bootstrapServers, clientId: 'test', log: quietLog, clock: systemClock })
  onTestFinished(() => kafka.close())
  await kafka.deleteGroup(groupId)
  expect((await describeGroup(groupId))?.state).toBe('Dead')
})

test('one that no longer heartbeats is put out, is told so when it wakes, and joins anew', async () => {
  const groupId = newGroup()
  const frozen = freezable()
  const [a, b] = [member(groupId, 'a'), member(groupId, 'b', { clock: frozen.clock })]
  const [, before] = await together(a, b)
  frozen.freeze()
  await together(a)
  expect(b.losses).toEqual([])
  frozen.thaw()
  const [, after] = await together(a, b)
  expect(b.losses).toHaveLength(1)
  expect(after?.memberId).not.toBe(before?.memberId)
  expect(a.losses).toEqual([])
})

test('a leader that was frozen while it decided decides nothing when it wakes', async () => {
  const groupId = newGroup()
  const frozen = freezable()
  const asked: number[] = []
  const a = member(groupId, 'a', {
    clock: frozen.clock,
    async assign({ generation, members }) {
      if (members.length < 2 || asked.length > 0) return
      asked.push(generation)
      frozen.freeze()
      await frozen.thawed()
    },
  })
  await together(a)
  const b = member(groupId, 'b')
  await eventually(() => asked.length > 0, { what: 'the leader is asked' })
  await together(b)
  frozen.thaw()
  await together(a, b)
  expect([a.losses.length, b.losses.length]).toEqual([1, 0])
  // The generation that it decided in its sleep reached nobody.
  expect([...a.joins, ...b.joins].map(({ generation }) => generation)).not.toContain(asked[0])
})

test('three members have rebalanced by the second heartbeat of each, with one join each', async () => {
  const groupId = newGroup()
  const counted = ['a', 'b', 'c'].map((name) => ({ name, ...counting() }))
  const members = counted.map(({ name, clock }) => member(groupId, name, { clock }))
  await together(...members)
  const before = members.map(({ joins }) => joins.length)
  for (const each of counted) each.reset()
  members[0]?.rejoin('the test wants it')
  await eventually(() => members.every(({ joins }, index) => joins.length > (before[index] ?? 0)))
  expect(members.map(({ joins }, index) => joins.length - (before[index] ?? 0))).toEqual([1, 1, 1])
  // Whoever asks waits for none; the others hear of it with the next one.
  expect(Math.max(...counted.map(({ heartbeats }) => heartbeats()))).toBeLessThanOrEqual(2)
})

test('asking again and again while a rebalance is under way is one further rebalance', async () => {
  const groupId = newGroup()
  const work = gate()
  const a = member(groupId, 'a', { joined: () => work.opened })
  await eventually(() => a.joins.length === 1)
  a.rejoin('one')
  a.rejoin('two')
  a.rejoin('three')
  expect(a.joins).toHaveLength(1)
  work.open()
  await eventually(() => a.joins.length === 2)
  const memberIds = new Set(a.joins.map(({ memberId }) => memberId))
  expect([a.rebalances(), memberIds.size, a.losses.length]).toEqual([1, 1, 0])
  // One more asks for exactly one more: nothing was left over.
  a.rejoin('four')
  await eventually(() => a.joins.length === 3)
})

test('heartbeats go on while the work of a rebalance takes longer than the session', { timeout: 40_000 }, async () => {
  const groupId = newGroup()
  const ticks = counting()
  const work = gate()
  const a = member(groupId, 'a', { clock: ticks.clock, joined: () => work.opened })
  await eventually(() => a.joins.length === 1)
  ticks.reset()
  const wanted = (sessionTimeoutMs / 100) * 1.2
  await eventually(() => ticks.heartbeats() > wanted, { timeoutMs: 30_000, what: `${wanted} heartbeats` })
  work.open()
  a.rejoin('is it still a member?')
  await eventually(() => a.joins.length === 2)
  expect(a.losses).toEqual([])
})

test('who has left stays out until it rejoins', async () => {
  const groupId = newGroup()
  const [a, b] = [member(groupId, 'a'), member(groupId, 'b')]
  await together(a, b)
  await b.leave('the test wants it')
  await together(a)
  expect((await describeGroup(groupId))?.members).toHaveLength(1)
  b.rejoin('back')
  await together(a, b)
  expect([a.losses, b.losses]).toEqual([[], []])
})

test('closing while a join is pending leaves at once: nobody waits for who is gone', async () => {
  const groupId = newGroup()
  const work = gate()
  const a = member(groupId, 'a', { joined: ({ generation }) => (generation > 1 ? work.opened : Promise.resolve()) })
  await together(a)
  a.rejoin('so that it is held')
  await eventually(() => a.joins.length === 2)
  // Its join is pending: `a` joins again only when its work is done.
  const b = member(groupId, 'b')
  await eventually(async () => (await describeGroup(groupId))?.members.length === 2)
  const before = Date.now()
  await b.close()
  expect(Date.now() - before).toBeLessThan(2000)
  await eventually(async () => (await describeGroup(groupId))?.members.length === 1)
  work.open()
  await together(a)
  expect(a.losses).toEqual([])
})

test('a group of another type refuses, and it is said why', async () => {
  const groupId = newGroup()
  await together(member(groupId, 'a'))
  const errors: unknown[] = []
  const other = member(groupId, 'b', { protocolType: 'consumer', refused: (error) => errors.push(error) })
  await eventually(() => errors.length > 0)
  expect(String(errors[0])).toMatch(/group/i)
  await other.close()
})

test('without Kafka a member keeps trying, tells it, and closes soon with nothing left', async () => {
  const states: boolean[] = []
  const a = member(newGroup(), 'a', { servers: ['127.0.0.1:1'], onUpstream: ({ reachable }) => states.push(reachable) })
  await eventually(() => states.length > 0)
  const before = Date.now()
  await a.close()
  expect(Date.now() - before).toBeLessThan(5000)
  expect([states, a.losses]).toEqual([[false], []])
})

test('a Kafka that takes connections and answers nothing does not hold up the end, and no connection is left', async () => {
  const sockets = new Set<Socket>()
  let taken = 0
  const mute = createServer((socket) => {
    taken++
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void mute.close())
  const { port } = mute.address() as AddressInfo
  const a = member(newGroup(), 'a', { servers: [`127.0.0.1:${port}`] })
  await eventually(() => taken > 0)
  const before = Date.now()
  await a.close()
  expect(Date.now() - before).toBeLessThan(5000)
  await eventually(() => sockets.size === 0, { timeoutMs: 1000, what: 'no connection' })
})
