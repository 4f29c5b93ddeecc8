import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createChannelState } from '../../../src/gateway/channel-state.ts'
import { createJudges } from '../../../src/gateway/selection/judge.ts'
import { createSelection, judgesOf } from '../../../src/gateway/selection/selection.ts'
import { compileFilter } from '../../../src/transforms/index.ts'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

async function start(evaluationsPerS: number) {
  const clock = manualClock()
  const gate = fakeGate(clock, { limits: { evaluationsPerS } })
  const buses = feeder(gate.hub.port.attachSink(makeAttachment({ templates: ['bus:#{value.line}'] })))
  buses.feed.ready()
  await settle()
  const record = (from: number, to: number): void => {
    for (let n = from; n < to; n++) buses.record([{ channel: 'bus:1', key: `k${n % 5000}`, data: { n } }])
  }
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    gate.fanOut.tick(clock.now())
    await settle()
  }
  const subscribe = async (more: object) => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
    await settle()
    return client
  }
  return { gate, record, pass, subscribe }
}
const numbers = (frames: readonly Record<string, unknown>[]): number[] =>
  frames.map(({ data }) => (data as { n: number }).n)
const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n)

test('a filter that is asked more than it may be waits, tells its client, and misses nothing', async () => {
  const { gate, record, pass, subscribe } = await start(100)
  const filtered = await subscribe({ filter: 'value.n >= 0' })
  const plain = await subscribe({})
  record(0, 3000)
  await settle()
  expect(plain.of('message')).toHaveLength(3000)
  expect(filtered.of('message')).toHaveLength(200)
  expect(filtered.of('notice')).toEqual([{ type: 'notice', code: 'filter_rate', perS: 100 }])
  expect(plain.of('notice')).toEqual([])
  for (let second = 0; second < 30; second++) await pass(1000)
  expect(numbers(filtered.of('message'))).toEqual(upTo(3000))
  expect(gate.gate.limits.held.counts()).toEqual({ filter_rate: filtered.of('notice').length })
  expect(filtered.of('notice').length).toBeLessThan(5)
  expect(filtered.closed()).toBeUndefined()
})

test('where messages are merged they are while they wait', async () => {
  const { record, pass, subscribe } = await start(500)
  const client = await subscribe({ filter: 'value.n >= 0', delivery: 'latest' })
  record(0, 1000)
  await settle()
  record(5000, 6000)
  await settle()
  expect(numbers(client.of('message'))).toEqual(upTo(1000))
  await pass(2010)
  expect(numbers(client.of('message'))).toEqual([...upTo(1000), ...upTo(1000).map((n) => n + 5000)])
})

test('moving a filter over a large snapshot again and again costs no more than it may, and the last one is told whole', async () => {
  const { gate, record, pass, subscribe } = await start(1000)
  record(0, 5000)
  const client = await subscribe({ filter: 'value.n >= 0' })
  for (let n = 1; n <= 50; n++) {
    client.send({ type: 'update', id: 1 + n, subscription: 1, filter: `value.n >= ${n}` })
    await settle()
  }
  expect(client.of('updated')).toHaveLength(50)
  expect(gate.hub.filterCounts().evaluations).toBe(2000)
  for (let second = 0; second < 10; second++) await pass(1000)
  const last = client.frames.findLastIndex(({ type }) => type === 'updated')
  const items = client.frames.slice(last).flatMap((frame) => (frame['items'] ?? []) as Record<string, unknown>[])
  expect(numbers(items)).toEqual(upTo(5000).slice(50))
})

test.each(['every', 'latest', 'batch'])(
  'in %s what is asked at once is no more than it may, also of one that goes through long lists',
  async (delivery) => {
    const { gate, record, pass, subscribe } = await start(100)
    const client = await subscribe({ filter: '[1, 2].exists(x, x < 3)', delivery })
    record(0, 500)
    await settle()
    // Each counts twice: 200 at once.
    expect(gate.hub.filterCounts().evaluations).toBe(100)
    await pass(1000)
    expect(gate.hub.filterCounts().evaluations).toBe(150)
    for (let second = 0; second < 7; second++) await pass(1000)
    expect(numbers(client.of('message'))).toEqual(upTo(500))
  },
)

test('messages that never end leave enough for the snapshot of a client in latest', async () => {
  const { record, pass, subscribe } = await start(100)
  record(0, 1000)
  const client = await subscribe({ filter: 'value.n >= 0', delivery: 'latest', snapshot: true })
  for (let second = 1; second <= 20; second++) {
    record(10_000, 10_150)
    await pass(1000)
  }
  const items = client.of('snapshot').flatMap(({ items: all }) => all as Record<string, unknown>[])
  expect(numbers(items).filter((n) => n >= 150)).toEqual(upTo(1000).slice(150))
})

test('filters that nobody uses any more leave nothing behind at the messages they were asked of', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const channel = createChannelState('bus:1', { bytes: 0 })
  const entries = upTo(500).map((n) => ({ channel, key: `k${n}`, data: `{"n":${n}}`, seq: n, at: 0 }))
  const judges = createJudges((text) => (message) => Number(text) <= (message.value as { n: number }).n)
  const ask = (n: number): number => {
    const judge = judges.filter(String(n))
    if ('code' in judge) throw new Error(judge.message)
    return entries.filter((entry) => judge(entry as never)).length
  }
  ask(0)
  const before = used()
  for (let n = 0; n < 600; n++) expect(ask(n)).toBe(Math.max(0, 500 - n))
  expect(used() - before).toBeLessThan(6 * 1024 * 1024)
})

test.each([
  ['value.n > 3', 1],
  ['value.list.exists(x, x.n == 7)', 151],
  ['value.list.exists(x, x.n == 7) || value.list.all(x, x.n > 2000)', 301],
])('the filter %s counts for the elements that it goes through', async (filter, cost) => {
  const list = Array.from({ length: 100 }, (_, n) => ({ id: `bus-${n}`, n: 1000 + n, text: 'x'.repeat(50) }))
  const data = JSON.stringify({ n: 0, list }).padEnd(9600)
  expect(data).toHaveLength(9600)
  const { gate } = await start(0)
  const [stream] = [...gate.hub.streams()]
  const channel = stream?.channel('bus:1')
  const judges = judgesOf({ filter }, undefined, createJudges(compileFilter))
  if (!channel || !stream || 'code' in judges) throw new Error('no filter')
  let asked = 0
  const questions = { asked: (times: number) => void (asked += times), isSpent: () => false }
  const selection = createSelection(judges, { channels: [channel], isFresh: true, questions })
  const item = { ...stream.note(channel, stream.tracker.epoch(), '.'), kind: 'message', data } as const
  expect(selection.judge(item)).toBe('skip')
  expect(asked).toBe(cost)
})
