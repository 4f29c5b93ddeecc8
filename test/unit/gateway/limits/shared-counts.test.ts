import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSharedCounts } from '../../../../src/gateway/limits/shared-counts.ts'
import { peerBus } from '../../../support/peer-bus.ts'
import { manualClock, settle, silent } from '../harness.ts'

function gates(many: number, most: number) {
  const clock = manualClock()
  const bus = peerBus()
  const all = Array.from({ length: many }, () => {
    const peers = bus.join()
    const limits = { sessionsPerAddress: 0, sessionsPerUser: most }
    const counts = createSharedCounts({ limits, peers, now: () => clock.now(), log: silent })
    return {
      ...counts,
      peers,
      enter: (user = 'ann') => counts.users.enter(user),
      leave: () => counts.users.leave('ann'),
    }
  })
  const aSecond = async (): Promise<void> => {
    clock.advance(1000)
    for (const { tick } of all) tick(clock.now())
    await settle()
  }
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await aSecond()
  }
  return { all, bus, clock, seconds }
}

test('a user has as many connections on all gates together as on one', async () => {
  const { all, seconds } = gates(3, 3)
  const [a, b, c] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]]
  for (const gate of [a, b, c]) expect(gate.enter()).toBe(true)
  await seconds(2)
  for (const gate of [a, b, c]) expect(gate.enter()).toBe(false)
  expect(b.enter('ben')).toBe(true)
  a.leave()
  await seconds(1)
  expect(c.enter()).toBe(true)
  await seconds(1)
  expect(b.enter()).toBe(false)
})

test('two exchanges later every gate judges by what all have, whatever came to which of them', async () => {
  const step = fc.record({ gate: fc.nat(3), enters: fc.nat(6), leaves: fc.nat(4), user: fc.constantFrom('ann', 'ben') })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 12 }), async (most, steps) => {
      const { all, seconds } = gates(4, most)
      await seconds(1)
      for (const { gate, enters, leaves, user } of steps) {
        const at = all[gate]?.users
        for (let n = 0; n < enters; n++) at?.enter(user)
        for (let n = 0; n < leaves; n++) at?.leave(user)
        await seconds(2)
        const total = all.reduce((sum, { users }) => sum + users.of(user), 0)
        for (const { users } of all) {
          const isLetIn = users.enter(user)
          expect(isLetIn).toBe(total < most)
          if (isLetIn) users.leave(user)
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('a gate that is gone counts for ten seconds, and is judged without then', async () => {
  const { all, seconds } = gates(2, 2)
  const [here, gone] = all as [(typeof all)[0], (typeof all)[0]]
  gone.enter()
  gone.enter()
  await seconds(2)
  gone.peers.leave()
  await seconds(8)
  expect(here.enter()).toBe(false)
  await seconds(3)
  expect(here.enter()).toBe(true)
})

test('what stays the same is told again, so that it goes on to count', async () => {
  const { all, seconds } = gates(2, 2)
  const [here, there] = all as [(typeof all)[0], (typeof all)[0]]
  there.enter()
  there.enter()
  await seconds(30)
  expect(here.enter()).toBe(false)
})

test('only what nears its limit crosses, nobody’s name with it, and nothing at all from who has nobody', async () => {
  const { all, bus, seconds } = gates(2, 10)
  const [here] = all as [(typeof all)[0], (typeof all)[0]]
  await seconds(5)
  expect(bus.said).toHaveLength(0)
  for (let n = 0; n < 500; n++) here.enter(`user-${n}`)
  for (let n = 0; n < 5; n++) here.enter('ann')
  await seconds(3)
  const last = bus.said.at(-1)?.toString() ?? ''
  expect(JSON.parse(last)).toMatchObject({ users: [[expect.any(String), 5]] })
  expect(last).not.toContain('ann')
})

test('at most 2,000 cross, those with the most first', async () => {
  const { all, bus, seconds } = gates(2, 2)
  const [here, there] = all as [(typeof all)[0], (typeof all)[0]]
  for (let n = 0; n < 3000; n++) here.enter(`user-${n}`)
  here.enter('user-2999')
  await seconds(2)
  expect((JSON.parse(bus.said.at(-1)?.toString() ?? '') as { users: unknown[] }).users).toHaveLength(2000)
  expect(there.enter('user-2999')).toBe(false)
})

test.each([['nonsense'], ['{"addresses":[],"users":[["k",-1]]}'], ['{}']])('%s is no figure', async (body) => {
  const { all, bus, seconds } = gates(1, 1)
  await bus.join().ask('counts', Buffer.from(body), 1000)
  await seconds(1)
  expect(all[0]?.enter()).toBe(true)
})

test('the users of a gate that stops, or that is gone, are let in elsewhere at once', async () => {
  const { all, bus, seconds } = gates(3, 1)
  const [stops, dies, here] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]]
  stops.enter('ann')
  dies.enter('ben')
  await seconds(2)
  expect([here.enter('ann'), here.enter('ben')]).toEqual([false, false])
  await stops.close()
  expect([here.enter('ann'), here.enter('ben')]).toEqual([true, false])
  // As its worker says of it: the bus names gates by their turn.
  await bus.join('gate 2').ask('gone', Buffer.alloc(0), 1000)
  expect(here.enter('ben')).toBe(true)
})

test('a gate that lies has no more of a user than there may be, and takes no other gate’s place', async () => {
  const { all, bus, seconds } = gates(2, 5)
  const [here, honest] = all as [(typeof all)[0], (typeof all)[0]]
  const mark = createHash('sha256').update('ann').digest('base64').slice(0, 12)
  const tell = (from: readonly string[], users: unknown): Promise<unknown> =>
    bus.join(...from).ask('counts', Buffer.from(JSON.stringify({ addresses: [], users })), 1000)
  for (let n = 0; n < 300; n++) await tell(['liar', `process ${n}`], [['k', 1]])
  await tell(['another'], [[mark, 1e9]])
  expect(here.enter('ann')).toBe(false)
  for (let n = 0; n < 5; n++) honest.enter('ben')
  await seconds(2)
  expect(here.enter('ben')).toBe(false)
  await tell(['another'], [])
  expect(here.enter('ann')).toBe(true)
})
