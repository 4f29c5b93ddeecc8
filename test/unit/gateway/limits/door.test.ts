import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressPrefix } from '../../../../src/gateway/limits/address-prefix.ts'
import { createCounts } from '../../../../src/gateway/limits/counts.ts'
import { createDoor, isResume } from '../../../../src/gateway/limits/door.ts'
import type { LimitSettings } from '../../../../src/gateway/settings.ts'
import { type ManualClock, makeSettings, manualClock } from '../harness.ts'

const from = (remoteAddress: string, headers = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

function door(clock: ManualClock, change: Partial<LimitSettings>, state = { overloaded: false }) {
  const { limits } = makeSettings({ limits: change })
  const made = createDoor({
    limits,
    addresses: createCounts(limits.sessionsPerAddress),
    now: () => clock.now(),
    random: () => 0.5,
    isOverloaded: () => state.overloaded,
  })
  const life = new EventEmitter().setMaxListeners(0)
  const enter = (address = '192.0.2.1', comesBack = false) =>
    made.admit({ request: from(address), isResume: comesBack }, life)
  return { enter, life }
}

test('newcomers beyond the rate are told to come back as if they stood in line, and are let in then', () => {
  const clock = manualClock()
  const { enter } = door(clock, { connectionsPerS: 10, connectionBurst: 20 })
  for (let n = 0; n < 20; n++) expect(enter()).toBeUndefined()
  const told = Array.from({ length: 100 }, () => enter())
  expect(told[0]).toMatchObject({ code: 'connection_rate', retryable: true })
  const times = told.map((refusal) => refusal?.retryAfter ?? 0)
  // Ten a second: the hundredth is told about ten seconds.
  expect(times[0]).toBeLessThan(400)
  expect(times.at(-1)).toBeGreaterThan(9000)
  expect(times.at(-1)).toBeLessThan(11_000)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  clock.advance(1000)
  for (let n = 0; n < 10; n++) expect(enter()).toBeUndefined()
  expect(enter()?.code).toBe('connection_rate')
})

test('a storm of newcomers keeps nobody out that comes back, nor the other way round', () => {
  const clock = manualClock()
  const limits = { connectionsPerS: 10, connectionBurst: 10, resumesPerS: 5, resumeBurst: 5 }
  for (const storm of [true, false]) {
    const { enter } = door(clock, limits)
    while (enter('192.0.2.1', storm) === undefined);
    for (let n = 0; n < 5; n++) expect(enter('192.0.2.2', !storm)).toBeUndefined()
  }
})

test('what says that it comes back: resume=1, or an event stream with a position', () => {
  const asked = (query: string, headers = {}): boolean => isResume(from('::1', headers), new URLSearchParams(query))
  expect(asked('resume=1')).toBe(true)
  expect(asked('lastEventId=e.c')).toBe(true)
  expect(asked('position=e.c')).toBe(true)
  expect(asked('', { 'last-event-id': 'e.c' })).toBe(true)
  expect(asked('resume=0&token=x')).toBe(false)
})

test('an address has so many connections, and room again when one ends', () => {
  const clock = manualClock()
  const { enter, life } = door(clock, { sessionsPerAddress: 2 })
  expect(enter('192.0.2.1')).toBeUndefined()
  expect(enter('192.0.2.1')).toBeUndefined()
  expect(enter('192.0.2.1')).toMatchObject({ code: 'address_limit', retryable: true })
  expect(enter('192.0.2.2')).toBeUndefined()
  life.emit('close')
  expect(enter('192.0.2.1')).toBeUndefined()
})

test('there are so many clients in all, and room again when one ends', () => {
  const { enter, life } = door(manualClock(), { sessions: 2, connectionsPerS: 1, connectionBurst: 3 })
  expect([enter('192.0.2.1'), enter('192.0.2.2')]).toEqual([undefined, undefined])
  for (let n = 0; n < 5; n++) expect(enter('192.0.2.3')).toMatchObject({ code: 'busy', retryable: true })
  life.emit('close')
  expect(enter('192.0.2.3')).toBeUndefined()
})

test('an address that comes and goes empties no lane for others, says it that it comes back or not', () => {
  const clock = manualClock()
  const limits = { connectionsPerS: 20, connectionBurst: 20, resumesPerS: 20, resumeBurst: 20, sessionsPerAddress: 2 }
  const { enter, life } = door(clock, limits)
  let got = 0
  for (let n = 0; n < 9999; n++) {
    if (enter('192.0.2.1', n % 2 === 0) === undefined) got++
    life.emit('close')
    clock.advance(1)
  }
  // Ten at once and one a second.
  expect(got).toBe(19)
  expect(enter('192.0.2.1')).toMatchObject({ code: 'connection_rate', retryable: true })
  for (let n = 2; n < 22; n++)
    expect([enter(`192.0.2.${n}`), enter(`192.0.2.${n}`, true)]).toEqual([undefined, undefined])
})

test('all clients of one address may be let in, and all of them again', () => {
  const { enter, life } = door(manualClock(), { sessionsPerAddress: 500 })
  for (const _ of ['the first time', 'again']) {
    for (let n = 0; n < 500; n++) expect(enter()).toBeUndefined()
    life.emit('close')
  }
  expect(enter()?.code).toBe('connection_rate')
})

test('of IPv6 the prefix is one address, so that a network of one client is no crowd', () => {
  const clock = manualClock()
  const { enter } = door(clock, { sessionsPerAddress: 2, addressPrefix6: 56 })
  expect(enter('2001:db8:1:2::1')).toBeUndefined()
  expect(enter('2001:db8:1:ff:9::1')).toBeUndefined()
  expect(enter('2001:db8:1:3::7')?.code).toBe('address_limit')
  expect(enter('2001:db8:1:100::1')).toBeUndefined()
})

test.each([
  ['192.0.2.1', 64, '192.0.2.1'],
  ['::1', 64, '0:0:0:0:0:0:0:0/64'],
  ['2001:db8:a:b:c:d:e:f', 64, '2001:db8:a:b:0:0:0:0/64'],
  ['2001:db8:a:b:c:d:e:f', 52, '2001:db8:a:0:0:0:0:0/52'],
  ['fe80::1', 128, 'fe80:0:0:0:0:0:0:1/128'],
  ['64:ff9b::192.0.2.33', 128, '64:ff9b:0:0:0:0:c000:221/128'],
])('of %s the first bits (%i) are %s', (address, bits, prefix) => {
  expect(addressPrefix(address, bits)).toBe(prefix)
})

test('who is refused for another reason takes none of the rate, and who is refused for the rate none of its address', () => {
  const clock = manualClock()
  const state = { overloaded: true }
  const { enter } = door(clock, { connectionsPerS: 1, connectionBurst: 1, sessionsPerAddress: 2 }, state)
  expect(enter()).toMatchObject({ code: 'overloaded', retryable: true })
  state.overloaded = false
  expect(enter()).toBeUndefined()
  for (let n = 0; n < 5; n++) expect(enter()?.code).toBe('connection_rate')
  clock.advance(1000)
  expect(enter()).toBeUndefined()
})

test('a clock that is set back lets nobody in and keeps nobody out for longer', () => {
  const clock = manualClock()
  const { enter } = door(clock, { connectionsPerS: 1, connectionBurst: 1 })
  expect(enter()).toBeUndefined()
  clock.advance(-3_600_000)
  expect(enter()?.code).toBe('connection_rate')
  clock.advance(1000)
  expect(enter()).toBeUndefined()
})
