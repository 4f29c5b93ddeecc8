import { expect, test } from 'vitest'

type Add = (now: number, amount?: number) => void
interface Figures {
  readonly createRate: () => { add: Add; perSecond(now: number): number | undefined; reset(now: number): void }
  readonly createDurations: () => { add: Add; percentiles(now: number, shares: number[]): (number | undefined)[] }
  readonly createPairs: (onLatency: (now: number, ms: number) => void) => {
    shown(id: string, lat: number, long: number, now: number): void
    arrived(id: string, lat: number, long: number, now: number): void
    restart(): void
  }
  readonly formatBytes: (bytes: number) => string
}
// The page's modules are plain JavaScript.
const page = new URL('../../../examples/buses/page/figures.js', import.meta.url).href
const { createRate, createDurations, createPairs, formatBytes } = (await import(page)) as Figures

test('a rate is the mean of the last whole seconds since the reset', () => {
  const rate = createRate()
  rate.reset(1000)
  expect(rate.perSecond(1900)).toBeUndefined()
  for (let at = 1000; at < 4000; at += 100) rate.add(at, 2)
  expect(rate.perSecond(4050)).toBe(20)
  rate.reset(4100)
  expect(rate.perSecond(5500)).toBeUndefined()
})

test('percentiles forget what is older than a minute', () => {
  const durations = createDurations()
  durations.add(0, 9999)
  for (let ms = 1; ms <= 100; ms++) durations.add(61_000, ms)
  expect(durations.percentiles(61_000, [0.5, 0.99])).toEqual([51, 100])
  expect(durations.percentiles(200_000, [0.5])).toEqual([undefined])
})

test('latency is measured once for each new place of a bus, and only for places seen on both ways', () => {
  const latencies: number[] = []
  const pairs = createPairs((_, ms) => latencies.push(ms))
  pairs.shown('7', 1, 1, 100)
  pairs.arrived('7', 1, 1, 130)
  pairs.arrived('7', 1, 1, 500)
  pairs.shown('7', 1, 1, 1100)
  pairs.arrived('7', 1, 1, 1130)
  expect(latencies).toEqual([30])
  pairs.arrived('7', 1, 2, 2100)
  pairs.shown('7', 1, 2, 2101)
  expect(latencies).toEqual([30, 0])
  pairs.shown('7', 1, 3, 3100)
  pairs.restart()
  pairs.arrived('7', 1, 3, 9000)
  expect(latencies).toEqual([30, 0])
})

test('bytes are told with three digits at most', () => {
  expect([999, 1500, 33_292, 2_500_000].map((bytes) => formatBytes(bytes))).toEqual([
    '999 B',
    '1.50 kB',
    '33.3 kB',
    '2.5 MB',
  ])
})
