import { expect, test } from 'vitest'
import { createSampled } from '../../../src/telemetry/window.ts'

function sampled() {
  let at = 1_000_000
  const figures = createSampled({ now: () => at, windowMs: 1000, samples: 2 })
  return { figures, after: (ms: number) => void (at += ms) }
}

test('tells average, maximum and rate of what the windows hold', () => {
  const { figures, after } = sampled()
  for (const value of [1, 2, 9]) figures.record(value)
  after(1000)
  figures.record(4)
  expect(figures.average()).toBe(4)
  expect(figures.max()).toBe(9)
  expect(figures.perSecond()).toBe(16)
})

test('gives up the oldest window when its time has passed', () => {
  const { figures, after } = sampled()
  figures.record(100)
  after(1500)
  figures.record(1)
  after(600)
  expect(figures.max()).toBe(1)
  expect(figures.average()).toBe(1)
})

test('knows nothing when nothing was recorded for long', () => {
  const { figures, after } = sampled()
  figures.record(5)
  after(5000)
  expect(figures.average()).toBeUndefined()
  expect(figures.max()).toBeUndefined()
  expect(figures.perSecond()).toBe(0)
})

test('makes no peak of the first records', () => {
  const { figures } = sampled()
  figures.record(10)
  expect(figures.perSecond()).toBe(10)
})
