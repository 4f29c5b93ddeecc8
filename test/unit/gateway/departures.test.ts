import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChannelState, createItem, type Item } from '../../../src/gateway/channel-state.ts'
import { parsePattern } from '../../../src/gateway/channels.ts'
import { createDepartures, noteIn } from '../../../src/gateway/positions/departures.ts'
import { isBehind, type Vector } from '../../../src/gateway/positions/vector.ts'

const partitions = 3
const states = ['bus:1', 'bus:2', 'bus:3', 'tram:1'].map((name) => createChannelState(name, { bytes: 0 }))
const epoch = {
  start: Array.from({ length: partitions }, () => 0),
  partitions: [],
  issuedAt: 0,
  asOf: 0,
  text: () => 'epoch',
}

let seq = 0
const leaving = (channel: number, partition: number, offset: number): Item => ({
  ...createItem({
    kind: 'message',
    channel: states[channel] ?? createChannelState('none', { bytes: 0 }),
    seq: ++seq,
    epoch,
    cursor: '.',
    key: undefined,
    data: '1',
    at: 0,
  }),
  partition,
  offset,
  path: [],
})

const steps = fc.array(
  fc.record({ channel: fc.nat({ max: 3 }), partition: fc.nat({ max: partitions - 1 }), by: fc.integer({ min: 1 }) }),
  { minLength: 1, maxLength: 60 },
)
const vectors = fc.array(fc.nat({ max: 30 }), { minLength: partitions, maxLength: partitions })

test('who is told that nothing left the window of a channel has missed nothing, however few channels are remembered', () => {
  const tally = { quiet: 0, unsure: 0 }
  fc.assert(
    fc.property(steps, vectors, fc.constantFrom(2, 4, 1000), fc.nat(), (todo, next, most, when) => {
      const departures = createDepartures(most)
      const left: Item[] = []
      const ends = Array.from({ length: partitions }, () => 0)
      const pattern = parsePattern('bus:*')
      let collected = departures.collect(pattern)
      for (const [step, { channel, partition }] of todo.entries()) {
        // As a view that somebody has from this moment on.
        if (step === when % todo.length) collected = departures.collect(pattern)
        const offset = ends[partition] ?? 0
        ends[partition] = offset + 1
        const item = leaving(channel, partition, offset)
        left.push(item)
        departures.note(item)
        if (channel < 3) noteIn(collected, item)
      }
      const vector: Vector = { next, paths: new Map() }
      const isMissed = ({ partition, offset, path }: Item): boolean => !isBehind(vector, partition, offset, path)
      for (const { name } of states) {
        const hasMissed = left.some((item) => item.channel.name === name && isMissed(item))
        const isQuiet = departures.isBehind(vector, name)
        // With all remembered the answer is exact, else it may be that nobody knows.
        expect(isQuiet && hasMissed).toBe(false)
        expect(most === 1000 && isQuiet === hasMissed).toBe(false)
        tally[isQuiet ? 'quiet' : 'unsure']++
      }
      const hasPatternMissed = left.some((item) => item.channel.name.startsWith('bus:') && isMissed(item))
      expect(hasPatternMissed && departures.isBehind(vector, collected)).toBe(false)
    }),
    { numRuns: 500 },
  )
  expect(Math.min(tally.quiet, tally.unsure)).toBeGreaterThan(100)
})

test('what was never read is nobody’s to vouch for', () => {
  const departures = createDepartures()
  departures.note(leaving(0, 0, 5))
  departures.setFloor(0, 100)
  expect(departures.isBehind({ next: [50], paths: new Map() }, 'bus:1')).toBe(false)
  expect(departures.isBehind({ next: [100], paths: new Map() }, 'bus:1')).toBe(true)
  departures.reset()
  expect(departures.isBehind({ next: [0], paths: new Map() }, 'bus:1')).toBe(true)
})

test('what vanished from a channel alone asks for its past', () => {
  const departures = createDepartures()
  const vanished = createItem({
    kind: 'expiry',
    channel: states[0] ?? createChannelState('none', { bytes: 0 }),
    seq: 1,
    epoch,
    cursor: '.0-5',
    key: 'k',
    data: undefined,
    at: 0,
  })
  departures.note(vanished)
  const at = (next: number): Vector => ({ next: [next, 0, 0], paths: new Map() })
  expect(departures.isBehind(at(5), 'bus:1')).toBe(false)
  expect(departures.isBehind(at(6), 'bus:1')).toBe(true)
  expect(departures.isBehind(at(0), 'bus:2')).toBe(true)
})
