import { applyStringDelta } from 'fossil-delta'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { runGate } from '../conformance/transport.ts'
import { seed, seededRandom } from '../support/scale.ts'

const edits = 10_000
const channel = 'bus:1'
const words = ['Käpylä', 'Pasila', '中央駅', '🚌', 'a"b\\c', '\n', '0.12345', 'null', 'ä', 'ö', '—']

/** Messages that come at once, and are more than the machine's buffers take for a client that does not read. */
const isBurst = (n: number): boolean => n > 4000 && n < 6000
const noise = (random: () => number): string =>
  Array.from({ length: 300 }, () => random().toString(36).slice(2)).join('')

/** Documents of which each is the former one with something put in, taken out, moved or turned round. */
function* documents(random: () => number): Generator {
  const below = (limit: number): number => Math.floor(random() * limit)
  const word = (): string => words[below(words.length)] ?? ''
  let parts = Array.from({ length: 40 }, (_, at) => `${word()}-${at}`)
  for (let n = 0; n < edits; n++) {
    const at = below(parts.length)
    const kind = below(10)
    if (kind < 5) parts[at] = `${word()}${word()}-${below(1000)}`
    else if (kind < 7) parts.splice(at, 0, ...Array.from({ length: below(5) }, word))
    else if (kind === 7) parts = [...parts.slice(at), ...parts.slice(0, at)]
    else parts.splice(at, 1 + below(4))
    if (parts.length > 120 || parts.length < 5) parts = Array.from({ length: 40 }, word)
    // A deletion, and what shares nothing with the one before.
    const rare = below(200)
    if (rare === 0) yield undefined
    else if (rare === 1) yield below(1e9)
    else yield { n, parts, at: parts.join(' ').slice(at), ...(isBurst(n) && { noise: noise(random) }) }
  }
}

interface Heard {
  readonly values: unknown[]
  readonly kinds: Record<'whole' | 'delta' | 'deleted', number>
}

function later(): [Promise<void>, () => void, (error: unknown) => void] {
  let settle: [() => void, (error: unknown) => void] = [() => undefined, () => undefined]
  const promise = new Promise<void>((resolve, reject) => {
    settle = [resolve, reject]
  })
  promise.catch(() => undefined)
  return [promise, ...settle]
}

interface Listener {
  readonly heard: Heard
  readonly ready: Promise<void>
  readonly done: Promise<void>
  pause(): void
  resume(): void
}

/** A client that knows of deltas what docs/delta.md says, and applies them by another's code. */
function listen(url: string): Listener {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'tidegate.v1')
  onTestFinished(() => socket.terminate())
  const heard: Heard = { values: [], kinds: { whole: 0, delta: 0, deleted: 0 } }
  const [ready, isReady] = later()
  const [done, isDone, reject] = later()
  let base: string | undefined
  const take = (frame: Record<string, unknown>): void => {
    if (frame['deleted'] === true) {
      base = undefined
      heard.kinds.deleted++
    } else if (frame['delta'] === true) {
      if (base === undefined) throw new Error('A delta came without a base.')
      base = applyStringDelta(base, String(frame['data']))
      heard.kinds.delta++
    } else {
      base = String(frame['data'])
      heard.kinds.whole++
    }
    heard.values.push(base === undefined ? undefined : JSON.parse(base))
    if (heard.values.length === edits) isDone()
  }
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel, delta: 'fossil' })))
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Record<string, unknown>
    try {
      if (frame['type'] === 'subscribed') isReady()
      if (frame['type'] === 'message') take(frame)
    } catch (error) {
      reject(error)
    }
  })
  socket.on('close', (code) => reject(new Error(`The connection was closed with ${code}.`)))
  return { heard, ready, done, pause: () => socket.pause(), resume: () => socket.resume() }
}

test('what a client makes of ten thousand random edits is what was published, live and when it is slow', async () => {
  process.stderr.write(`seed ${seed}\n`)
  // Else the machine's buffers take all that waits for the slow client.
  const { gateway, buses } = await runGate({ limits: { sendBufferBytes: 16_384 } })
  const clients = [listen(gateway.address.url), listen(gateway.address.url)]
  await Promise.all(clients.map(({ ready }) => ready))
  const published: unknown[] = []
  let behind = 0
  for (const data of documents(seededRandom())) {
    buses.record([{ channel, data, key: '1' }])
    published.push(data === undefined ? undefined : structuredClone(data))
    if (published.length === 2000) clients[1]?.pause()
    if (published.length === 9000) clients[1]?.resume()
    behind = Math.max(behind, gateway.stats().catchingUp)
    // Sweeps of some messages, and one of so many that clients get them at their own speed.
    if (published.length % 7 === 0 && !isBurst(published.length)) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(clients.map(({ done }) => done))
  expect(behind).toBeGreaterThan(0)
  for (const { heard } of clients) {
    expect(heard.values).toEqual(published)
    expect(heard.kinds.delta).toBeGreaterThan(edits * 0.9)
    expect(heard.kinds.deleted).toBeGreaterThan(0)
    expect(heard.kinds.whole).toBeGreaterThan(heard.kinds.deleted)
  }
})
