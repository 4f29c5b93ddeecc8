import { SignJWT } from 'jose'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { SinkAttachment } from '#api'
import { toNamespaces } from '../../src/config/namespaces.ts'
import { type Gateway, startGateway } from '../../src/gateway/index.ts'
import { compileFilter } from '../../src/transforms/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { fakePast } from '../unit/gateway/fake-past.ts'
import {
  type Feeder,
  feeder,
  makeAttachment,
  makeSettings,
  type SettingsChange,
  secret,
  silent,
} from '../unit/gateway/harness.ts'

/** What a client of the transport has received, in the words of no protocol. */
export interface Received {
  readonly messages: readonly {
    readonly channel: string
    readonly key?: string
    readonly data?: unknown
    readonly deleted?: boolean
  }[]
  readonly items: readonly { readonly channel: string; readonly key: string; readonly data: unknown }[]
  readonly snapshotEnded: boolean
  readonly subscribed: { readonly recovered: boolean | null; readonly reason?: string } | undefined
  readonly notices: readonly string[]
  /** The code of the refusal of the subscription or the connection. */
  readonly refused: string | undefined
  /** The name of the close code, or `end` when the connection ended without a word. */
  readonly ended: string | undefined
  /** Whole, to come back with. */
  readonly position: string | undefined
  /** Stops and goes on reading from the socket. */
  pause(): void
  resume(): void
  close(): void
}

export interface OpenOptions {
  readonly channel: string
  readonly position?: string | undefined
  readonly from?: string
  readonly snapshot?: boolean
  readonly token?: string
}

/** The transport's own client; it needs no cleaning up. */
export type Open = (gateway: Gateway, options: OpenOptions) => Received

export interface RunningGate {
  readonly gateway: Gateway
  readonly buses: Feeder
}

/** A gateway on a free port with one ready sink, stopped when the test is over. */
export async function runGate(
  change: SettingsChange = {},
  attachment: Partial<SinkAttachment> = {},
  clock = systemClock,
  log = silent,
): Promise<RunningGate> {
  const gateway = await startGateway({ settings: makeSettings(change), log, clock, compileFilter })
  onTestFinished(() => gateway.stop())
  const templates = ['bus:#{value.id}', 'secret:#{value.id}']
  const buses = feeder(gateway.port.attachSink(makeAttachment({ templates, ...attachment })))
  buses.feed.ready()
  gateway.ready()
  await until(() => gateway.isReady())
  return { gateway, buses }
}

export const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 5, timeout: 20_000 })

export const token = (claims: Record<string, unknown>, expiresIn = 3600): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
    .sign(new TextEncoder().encode(secret))

/** What every transport of the gateway has to do; real sockets, no Kafka. */
export function testTransport(open: Open): void {
  const opened = (gateway: Gateway, options: OpenOptions): Received => {
    const client = open(gateway, options)
    onTestFinished(() => client.close())
    return client
  }

  test('delivers messages in order, with their keys, values and deletions', async () => {
    const { gateway, buses } = await runGate()
    const client = opened(gateway, { channel: 'bus:1' })
    await until(() => client.subscribed !== undefined)
    expect(client.subscribed).toEqual({ recovered: null })
    buses.record([{ channel: 'bus:1', data: { text: 'ä\n"€"😀' }, key: 'k"1' }])
    buses.record([{ channel: 'bus:2', data: 1 }])
    buses.record([{ channel: 'bus:1', data: null, key: 'k"1' }])
    buses.record([{ channel: 'bus:1', data: undefined, key: 'k"1' }])
    await until(() => client.messages.length === 3)
    expect(client.messages).toEqual([
      { channel: 'bus:1', key: 'k"1', data: { text: 'ä\n"€"😀' } },
      { channel: 'bus:1', key: 'k"1', data: null },
      { channel: 'bus:1', key: 'k"1', deleted: true },
    ])
  })

  test('gives a snapshot of any size, then live without gap or double, while messages pour in', async () => {
    const { gateway, buses } = await runGate({ limits: { sendBufferBytes: 100_000 } })
    const text = 'x'.repeat(500)
    for (let n = 0; n < 1000; n++) buses.record([{ channel: 'bus:1', data: { n, text }, key: `k${n}` }])
    let version = 1000
    const pour = setInterval(() => {
      for (let i = 0; i < 20; i++)
        buses.record([{ channel: 'bus:1', data: { n: version, text }, key: `k${version++ % 1000}` }])
    }, 1)
    onTestFinished(() => clearInterval(pour))
    const client = opened(gateway, { channel: 'bus:1', snapshot: true })
    await until(() => client.snapshotEnded && client.messages.length > 200)
    clearInterval(pour)
    await until(() => (client.messages.at(-1)?.data as { n: number } | undefined)?.n === version - 1)
    expect(client.items).toHaveLength(1000)
    const numbers = client.messages.map(({ data }) => (data as { n: number }).n)
    const first = numbers[0] ?? 0
    expect(numbers).toEqual(Array.from({ length: version - first }, (_, i) => first + i))
    expect(Math.max(...client.items.map(({ data }) => (data as { n: number }).n))).toBe(first - 1)
  })

  test('resumes where a client left, with nothing lost and nothing twice', async () => {
    const { gateway, buses } = await runGate()
    const seen: unknown[] = []
    let position: string | undefined
    let n = 0
    const pour = setInterval(() => {
      buses.record([0, 1, 2].map((part) => ({ channel: 'bus:1', data: n * 3 + part })))
      n++
    }, 2)
    onTestFinished(() => clearInterval(pour))
    for (let round = 0; round < 5; round++) {
      const client = opened(gateway, { channel: 'bus:1', position })
      await until(() => client.messages.length > 7)
      client.close()
      expect(client.subscribed).toEqual({ recovered: round === 0 ? null : true })
      seen.push(...client.messages.map(({ data }) => data))
      position = client.position
    }
    clearInterval(pour)
    const first = Number(seen[0])
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => first + i))
  })

  test('says why it cannot resume, and goes on live', async () => {
    const { gateway, buses } = await runGate()
    const client = opened(gateway, { channel: 'bus:1', position: 'AAAA.0-1' })
    await until(() => client.subscribed !== undefined)
    expect(client.subscribed).toEqual({ recovered: false, reason: 'position_invalid' })
    buses.record([{ channel: 'bus:1', data: 1 }])
    await until(() => client.messages.length === 1)
  })

  const ofThePast = { subscribe: 'anonymous', publish: 'none', history: 'anonymous' }
  const began = 1_700_000_000_000
  /** Ten messages that are no longer in memory. */
  const runPast = async (past: SinkAttachment['past']): Promise<RunningGate> => {
    const namespaces = toNamespaces({ bus: ofThePast, secret: { ...ofThePast, history: 'token' } })
    const running = await runGate({ namespaces }, { past, window: { maxBytes: 0, maxAgeMs: 60_000 } })
    for (let n = 0; n < 10; n++) running.buses.record([{ channel: 'bus:1', data: n }])
    return running
  }
  const pastOf = (count: number) =>
    fakePast([
      Array.from({ length: count }, (_, n) => ({
        at: began + n,
        parts: [{ channel: 'bus:1', key: undefined, data: String(n), path: [] }],
      })),
    ])

  test('begins where it is told to, then goes on live and from any message on', async () => {
    const past = pastOf(12)
    const { gateway, buses } = await runPast(past)
    const whole = opened(gateway, { channel: 'bus:1', from: 'earliest' })
    const half = opened(gateway, { channel: 'bus:1', from: String(began + 5) })
    await until(() => whole.messages.length === 10 && half.messages.length === 5)
    expect([whole.subscribed, half.subscribed]).toEqual([{ recovered: null }, { recovered: null }])
    buses.record([{ channel: 'bus:1', data: 10 }])
    await until(() => whole.messages.length === 11 && half.messages.length === 6)
    half.close()
    buses.record([{ channel: 'bus:1', data: 11 }])
    const back = opened(gateway, { channel: 'bus:1', position: half.position })
    await until(() => back.messages.length === 1 && whole.messages.length === 12)
    const seen = [...half.messages, ...back.messages].map(({ data }) => data)
    expect(seen).toEqual([5, 6, 7, 8, 9, 10, 11])
    expect(whole.messages.map(({ data }) => data)).toEqual(Array.from({ length: 12 }, (_, n) => n))
  })

  test('refuses a beginning that is none, that goes with nothing else, that is not granted or that nobody has', async () => {
    const { gateway } = await runPast(pastOf(10))
    const { gateway: forgetful } = await runPast(undefined)
    const refusals = [
      opened(gateway, { channel: 'bus:1', from: 'yesterday' }),
      opened(gateway, { channel: 'bus:1', from: '' }),
      opened(gateway, { channel: 'bus:1', from: 'earliest', position: 'a.b' }),
      opened(gateway, { channel: 'bus:1', from: 'earliest', snapshot: true }),
      opened(gateway, { channel: 'secret:1', from: 'earliest' }),
      opened(forgetful, { channel: 'bus:1', from: 'earliest' }),
    ]
    await until(() => refusals.every(({ refused }) => refused !== undefined))
    expect(refusals.map(({ refused }) => refused)).toEqual([
      'bad_request',
      'bad_request',
      'bad_request',
      'bad_request',
      'forbidden',
      'no_history',
    ])
  })

  test('lets in whom the token grants, and nobody else', async () => {
    const { gateway, buses } = await runGate()
    const granted = opened(gateway, { channel: 'secret:1', token: await token({ sub: 'a', subscribe: ['secret:*'] }) })
    const others = [
      opened(gateway, { channel: 'secret:1' }),
      opened(gateway, { channel: 'secret:1', token: await token({ sub: 'a', subscribe: ['bus:*'] }) }),
      opened(gateway, { channel: 'nowhere:1' }),
      opened(gateway, { channel: 'bus:1', token: `${await token({ sub: 'a' })}x` }),
      opened(gateway, { channel: 'bus::1' }),
    ]
    await until(() => granted.subscribed !== undefined && others.every(({ refused }) => refused !== undefined))
    expect(others.map(({ refused }) => refused)).toEqual([
      'forbidden',
      'forbidden',
      'forbidden',
      'bad_token',
      'bad_channel',
    ])
    buses.record([{ channel: 'secret:1', data: 1 }])
    await until(() => granted.messages.length === 1)
  })

  test('closes a client that does not read, tells it when it reads again, and harms nobody else', async () => {
    const { gateway, buses } = await runGate(
      { limits: { sendBufferBytes: 256 * 1024 } },
      { window: { maxBytes: 1 << 20, maxAgeMs: 60_000 } },
    )
    const slow = opened(gateway, { channel: 'bus:1' })
    const quick = opened(gateway, { channel: 'bus:1' })
    await until(() => slow.subscribed !== undefined && quick.subscribed !== undefined)
    slow.pause()
    const text = 'x'.repeat(32 * 1024)
    let n = 0
    for (; n < 2000 && gateway.stats().subscriptions === 2; n++) {
      buses.record([{ channel: 'bus:1', data: { n, text } }])
      await until(() => quick.messages.length === n + 1)
    }
    expect(gateway.stats().subscriptions).toBe(1)
    slow.resume()
    await until(() => slow.ended !== undefined)
    expect(slow.ended).toBe('slow')
    expect(quick.ended).toBeUndefined()
    expect(slow.messages.length).toBeLessThan(n)
    await until(() => gateway.stats().sessions === 1)
    expect(gateway.stats().closedSlow).toBe(1)
  })

  test('tells that Kafka is away and back', async () => {
    const { gateway, buses } = await runGate()
    const client = opened(gateway, { channel: 'bus:1' })
    await until(() => client.subscribed !== undefined)
    buses.feed.upstream({ reachable: false, since: 1 })
    buses.feed.upstream({ reachable: true, since: 0 })
    await until(() => client.notices.length === 2)
    expect(client.notices).toEqual(['stale', 'fresh'])
  })

  test('ends with the token', async () => {
    let passed = 0
    const clock = { ...systemClock, now: () => Date.now() + passed }
    const { gateway } = await runGate({ limits: { pingTimeoutMs: 40 }, auth: { clockSkewS: 0 } }, {}, clock)
    const client = opened(gateway, { channel: 'bus:1', token: await token({ sub: 'a' }, 60) })
    await until(() => client.subscribed !== undefined)
    passed = 60_000
    await until(() => client.ended !== undefined)
    expect(client.ended).toBe('token_expired')
  })

  test('drains: tells the clients when to come back, closes them, leaves no socket', async () => {
    const { gateway, buses } = await runGate()
    const client = opened(gateway, { channel: 'bus:1' })
    await until(() => client.subscribed !== undefined)
    buses.record([{ channel: 'bus:1', data: 'last' }])
    await gateway.stop()
    await until(() => client.ended !== undefined)
    expect([client.messages.length, client.notices, client.ended]).toEqual([1, ['draining'], 'shutdown'])
    expect(gateway.stats().sessions).toBe(0)
  })

  test('turns clients away with a reason until it is ready, and when it is full', async () => {
    const gateway = await startGateway({
      settings: makeSettings({ limits: { sessions: 1 } }),
      log: silent,
      clock: systemClock,
    })
    onTestFinished(() => gateway.stop())
    const { feed } = feeder(gateway.port.attachSink(makeAttachment()))
    gateway.ready()
    const early = opened(gateway, { channel: 'bus:1' })
    await until(() => early.refused !== undefined)
    feed.ready()
    await until(() => gateway.isReady())
    const first = opened(gateway, { channel: 'bus:1' })
    await until(() => first.subscribed !== undefined)
    const second = opened(gateway, { channel: 'bus:1' })
    await until(() => second.refused !== undefined)
    expect([early.refused, second.refused]).toEqual(['unavailable', 'busy'])
    first.close()
    await until(() => gateway.stats().sessions === 0)
    const third = opened(gateway, { channel: 'bus:1' })
    await until(() => third.subscribed !== undefined)
  })
}
