import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { decodeCursor, encodeCursor } from '../../../src/gateway/positions/cursor.ts'
import { type EpochFacts, readFacts, writeFacts } from '../../../src/gateway/positions/epoch-facts.ts'
import { createKeyring } from '../../../src/gateway/positions/keyring.ts'
import { comparePaths, dominates, isBehind, join, type Vector } from '../../../src/gateway/positions/vector.ts'
import { key } from './harness.ts'

const offset = fc.nat({ max: 2 ** 45 })
const path = fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 3 })

const vectorFrom = (start: readonly number[]): fc.Arbitrary<Vector> =>
  fc
    .tuple(
      fc.tuple(...start.map(() => fc.oneof(fc.constant(0), fc.nat({ max: 5 }), offset))),
      fc.array(fc.tuple(fc.nat({ max: start.length - 1 }), path), { maxLength: 2 }),
    )
    .map(([deltas, paths]) => ({
      next: start.map((from, index) => from + (deltas[index] ?? 0)),
      paths: new Map(paths),
    }))
const startAndVector = fc
  .array(offset, { minLength: 1, maxLength: 20 })
  .chain((start) => fc.tuple(fc.constant(start), vectorFrom(start)))

test('a cursor says what it was made of', () => {
  fc.assert(
    fc.property(startAndVector, ([start, vector]) => {
      expect(decodeCursor(start, encodeCursor(start, vector))).toEqual(vector)
    }),
  )
})

test.each([
  '',
  'x',
  '0-1',
  '.0-0',
  '.0',
  '.0-1_0-2',
  '.1-1_0-1_0-1',
  '.2-1',
  '.0-01',
  '.0-A',
  '.0--1',
  '.0-1~',
  '.0-1~01',
  '.0-zzzzzzzzzzz',
  '.0-1_',
  '.1-1.',
  `.${'0-1_'.repeat(9000)}`,
])('the cursor %s is refused', (cursor) => {
  expect(decodeCursor([5, 7], cursor)).toBeUndefined()
})

test('a cursor cannot lie below its epoch', () => {
  fc.assert(
    fc.property(fc.array(offset, { minLength: 1, maxLength: 5 }), fc.string(), (start, text) => {
      const vector = decodeCursor(start, `.${text}`)
      expect(vector === undefined || dominates(vector, { next: start, paths: new Map() })).toBe(true)
    }),
  )
})

test('joining and dominating are an order', () => {
  const three = fc
    .array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 })
    .chain((start) => fc.tuple(vectorFrom(start), vectorFrom(start), fc.nat({ max: 2 }), fc.nat({ max: 6 }), path))
  fc.assert(
    fc.property(three, ([a, b, partition, at, part]) => {
      const both = join(a, b)
      expect(dominates(both, a) && dominates(both, b)).toBe(true)
      expect(isBehind(both, partition, at, part)).toBe(
        isBehind(a, partition, at, part) || isBehind(b, partition, at, part),
      )
      expect(dominates(a, b)).toBe(dominates(a, both))
    }),
  )
})

test('paths are ordered as a split makes them', () => {
  const paths = [[], [0], [0, 1], [1], [2, 0], [10]]
  expect(paths.toReversed().toSorted(comparePaths)).toEqual(paths)
})

const idsOf = (topics: readonly string[]): ReadonlyMap<string, string> =>
  new Map(topics.map((topic, index) => [topic, `id-${index} of ü`]))

const facts: fc.Arbitrary<EpochFacts> = fc
  .array(
    fc.tuple(fc.constantFrom('a', 'b', 'ä-topic'), fc.nat({ max: 300 }), offset, fc.option(offset, { nil: undefined })),
    {
      maxLength: 20,
    },
  )
  .chain((rows) =>
    fc.record({
      connector: fc.string(),
      rule: fc.string(),
      cluster: fc.string(),
      partitions: fc.constant(rows.map(([topic, partition]) => ({ topic, partition }))),
      topicIds: fc.subarray([...new Set(rows.map(([topic]) => topic))]).map(idsOf),
      start: fc.constant(rows.map((row) => row[2])),
      before: fc.constant(rows.map((row) => row[3])),
      between: fc.constant(rows.map(([, partition, , before]) => (before === undefined ? 0 : partition))),
      issuedAt: offset,
      asOf: fc.constant(0),
    }),
  )

test('an epoch says what it was made of, and only to who has the key', () => {
  const keyring = createKeyring([key])
  const other = createKeyring([Buffer.alloc(32, 8).toString('base64')])
  fc.assert(
    fc.property(facts, (made) => {
      expect(readFacts(writeFacts(made))).toEqual(made)
      const text = keyring.seal(made)
      expect(keyring.open(text)).toEqual(made)
      expect(other.open(text)).toBeUndefined()
    }),
    { numRuns: 50 },
  )
})

test('an epoch of the version before is read: it knows no ids of topics', () => {
  const made: EpochFacts = {
    connector: 'c',
    rule: 'r',
    cluster: 'k',
    partitions: [{ topic: 't', partition: 2 }],
    topicIds: new Map(),
    start: [5],
    before: [7],
    between: [1],
    issuedAt: 9,
    asOf: 9,
  }
  const bytes = writeFacts(made)
  // The id, which is empty, comes after the name.
  const id = bytes.indexOf('t') + 1
  const former = Buffer.concat([Buffer.from([3]), bytes.subarray(1, id), bytes.subarray(id + 1)])
  expect(readFacts(former)).toEqual(made)
  expect(readFacts(Buffer.concat([Buffer.from([2]), former.subarray(1)]))).toBeUndefined()
})

test('an epoch with any bit changed is refused', () => {
  const keyring = createKeyring([key])
  const text = keyring.seal({
    connector: 'c',
    rule: 'r',
    cluster: 'k',
    partitions: [{ topic: 't', partition: 0 }],
    topicIds: new Map([['t', 'wFhvGs4eRXu']]),
    start: [5],
    before: [7],
    between: [0],
    issuedAt: 9,
    asOf: 4,
  })
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 7; bit++) {
      const altered = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1)
      expect(keyring.open(altered)).toBeUndefined()
    }
  }
  expect(keyring.open(text.slice(0, -1))).toBeUndefined()
  expect(keyring.open(`${text}A`)).toBeUndefined()
  expect(keyring.open('')).toBeUndefined()
})

test('a former key opens and does not seal', () => {
  const former = createKeyring([key])
  const rotated = createKeyring([Buffer.alloc(32, 9).toString('base64'), key])
  const made = {
    connector: 'c',
    rule: '',
    cluster: '',
    partitions: [],
    topicIds: new Map<string, string>(),
    start: [],
    before: [],
    between: [],
    issuedAt: 1,
    asOf: 1,
  }
  expect(rotated.open(former.seal(made))).toEqual(made)
  expect(former.open(rotated.seal(made))).toBeUndefined()
})

test('keys of another size are refused', () => {
  expect(() => createKeyring([])).toThrow(ConfigError)
  expect(() => createKeyring([key, 'c2hvcnQ='])).toThrow('keys[1] has 5 bytes')
})
