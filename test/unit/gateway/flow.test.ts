import { expect, test } from 'vitest'
import { createFlow } from '../../../src/gateway/delivery/flow.ts'

function setUp(inFlightBytes = 4000) {
  let pings = 0
  const flow = createFlow({ inFlightBytes, ping: () => pings++, now: 0 })
  return { flow, pings: () => pings }
}

test('bytes are pinged in line four times within the bound, and each pong makes room for what was before its ping', () => {
  const { flow, pings } = setUp()
  for (let n = 0; n < 39; n++) flow.wrote(100, 0, n)
  expect(pings()).toBe(3)
  expect([flow.takes(100), flow.takes(101)]).toEqual([true, false])
  flow.wrote(100, 0, 40)
  expect(flow.takes(1)).toBe(false)
  flow.pong(50)
  expect([flow.takes(1000), flow.takes(1001)]).toEqual([true, false])
  expect(flow.mark).toBeLessThanOrEqual(5000)
})

test('the messages that are under way for who wants them fresh follow how fast they are handled', () => {
  const { flow } = setUp(1e6)
  let now = 0
  const fill = (): number => {
    const room = flow.room(now)
    for (let n = 0; n < room; n++) flow.wrote(10, 1, now)
    return room
  }
  // Quick: twice as many each time.
  for (let turn = 0; turn < 20; turn++) {
    fill()
    now += 10
    while (flow.pong(now));
  }
  expect(flow.room(now)).toBeGreaterThan(100)
  // Slow: 2 s for each pong.
  for (let turn = 0; turn < 20; turn++) {
    fill()
    now += 2000
    while (flow.pong(now));
  }
  expect(flow.room(now)).toBeLessThan(10)
})

test('while a ping is answered late nothing fresh follows it', () => {
  const { flow, pings } = setUp(1e6)
  flow.wrote(10, 8, 0)
  expect(pings()).toBe(1)
  flow.pong(1)
  flow.wrote(10, 8, 10)
  expect(flow.room(1300)).toBe(0)
  flow.pong(1300)
  expect(flow.room(1300)).toBeGreaterThan(0)
})

test('who is blocked always has a ping under way, whatever the order of pongs', () => {
  const { flow, pings } = setUp(1e6)
  let ponged = 0
  for (let now = 0; now < 100_000; now += 700) {
    while (flow.room(now) > 0) flow.wrote(10, 1, now)
    expect(pings()).toBeGreaterThan(ponged)
    flow.pong(now + 600)
    ponged++
  }
})

test('a client that answers late is waited for while it makes progress, longer for what is ahead of its ping', () => {
  const { flow } = setUp(40_000)
  flow.wrote(10_240, 0, 0)
  flow.wrote(10_240, 0, 0)
  expect(flow.overdue(14_000, 10_000)).toBeUndefined()
  flow.pong(14_000)
  expect(flow.overdue(28_000, 10_000)).toBeUndefined()
  expect(flow.overdue(30_000, 10_000)).toBe('slow')
  flow.unheard(30_000)
  expect(flow.overdue(31_000, 10_000)).toBeUndefined()
  flow.pong(31_000)
  expect(flow.overdue(1e9, 10_000)).toBeUndefined()
  flow.ping(2e9)
  expect(flow.overdue(2e9 + 10_000, 10_000)).toBe('no_pong')
})

test('where nothing is measured only the keep-alive is answered', () => {
  const { flow, pings } = setUp(0)
  for (let n = 0; n < 1000; n++) flow.wrote(1e6, 1, n)
  expect([pings(), flow.takes(1e9), flow.room(0)]).toEqual([0, true, Number.POSITIVE_INFINITY])
  flow.ping(0)
  expect(flow.overdue(10_000, 10_000)).toBe('no_pong')
  expect(flow.pong(1)).toBe(true)
  expect(flow.pong(2)).toBe(false)
})
