import { afterEach, describe, expect, it } from 'vitest'
import type { Clock, ReplayRange, SinkPast } from '#api'
import { createFrameReader, makeFrame } from '../../../../src/gateway/link/framing.ts'
import { parseMessage, writeMessage } from '../../../../src/gateway/link/message-text.ts'
import { linkVersion } from '../../../../src/gateway/link/messages.ts'
import { createKnownProducers, createProducerSessions } from '../../../../src/gateway/link/producer-sessions.ts'
import type { WorkerEnd } from '../../../../src/gateway/link/worker-end.ts'
import { eventually } from '../../../support/eventually.ts'
import { linkLimits, makeWorkerEnd, memoryPair } from '../../../support/linked.ts'
import { makeAttachment, manualClock } from '../harness.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A worker, and a gate in the wrong hands: it says what it likes. */
async function foreignGate({ clock = manualClock(), limits = linkLimits, readBytesPerS = 0 } = {}) {
  const end = makeWorkerEnd('worker', clock, limits, { readBytesPerS })
  return { end, clock, ...(await linkTo(end, 'gate')) }
}

/** One more gate of a worker. */
async function linkTo(end: WorkerEnd, name: string) {
  const pair = await memoryPair()
  closing.push(
    () => end.stop(),
    () => pair.close(),
  )
  const heard: Readonly<Record<string, unknown>>[] = []
  let pasts = 0
  const read = createFrameReader(67_108_864, (kind, body) => {
    if (kind === 'past') pasts++
    if (kind === 'message') heard.push(parseMessage(body) as Readonly<Record<string, unknown>>)
  })
  pair.gate.on('data', read)
  let cut: string | undefined
  end.link(pair.worker, name, { closed: (error) => (cut = error.message) })
  const say = (...messages: readonly object[]): void =>
    void pair.gate.write(Buffer.concat(messages.map((message) => makeFrame('message', writeMessage(message)))))
  say({ t: 'hello', version: linkVersion, role: 'gate', name })
  const answerTo = (call: number): Promise<Readonly<Record<string, unknown>>> =>
    eventually(() => heard.find((message) => message['call'] === call))
  return { say, answerTo, close: () => pair.close(), cut: () => cut, pasts: () => pasts }
}

/** A sink of one partition that was read to 100, which tells what was asked of Kafka. */
function asked(read: SinkPast['read'] = async function* () {}) {
  const about: unknown[] = []
  const attachment = makeAttachment({
    identity: {
      clusterId: async () => 'cluster-1',
      async timestampAt({ topic, partition }) {
        about.push([topic, partition])
        return 1
      },
    },
    past: {
      bounds: async () => [],
      offsetsAt: async () => [],
      read(ranges, signal) {
        about.push(...ranges.map(({ topic, partition, from, to }: ReplayRange) => [topic, partition, from, to]))
        return read(ranges, signal)
      },
    },
  })
  return { about, attachment }
}

const buses = { topic: 'buses', partition: 0 }
const range = { ...buses, from: 0n, to: 50n }

describe('a gate in the wrong hands', () => {
  it('has nothing read but what its sink publishes, and that no further than the worker came', async () => {
    const { end, say, answerTo } = await foreignGate()
    const { about, attachment } = asked()
    const feed = end.port.attachSink(attachment)
    feed.open([{ ...buses, offset: 0n }])
    feed.publish([], [{ ...buses, offset: 100n, timestamp: 1 }])
    const refused = [
      [{ ...range, topic: 'payroll' }],
      [{ ...range, partition: 7 }],
      [range, { ...range, topic: 'payroll' }],
      [range, range],
      [{ ...range, from: -1n }],
      [{ ...range, from: 60n }],
    ]
    for (const [call, ranges] of refused.entries()) say({ t: 'read', call, sink: 1, ranges })
    say({ t: 'timestampAt', call: 90, sink: 1, at: { topic: 'payroll', partition: 0, offset: 5n } })
    for (const call of [...refused.keys(), 90])
      expect(await answerTo(call)).toMatchObject({ t: 'failure', retriable: true })
    expect(about).toEqual([])
    say({ t: 'read', call: 91, sink: 1, ranges: [{ ...range, to: 10n ** 15n }] }, { t: 'more', call: 91 })
    say({ t: 'timestampAt', call: 92, sink: 1, at: { ...buses, offset: 5n } })
    expect([await answerTo(91), await answerTo(92)]).toMatchObject([{ t: 'answer' }, { t: 'answer', value: 1 }])
    expect(about).toEqual([
      ['buses', 0, 0n, 100n],
      ['buses', 0],
    ])
  })

  it('reads the past in no more than 32 places, and is cut when it asks twice under one number', async () => {
    const { end, say, answerTo, cut } = await foreignGate()
    let running = 0
    // oxlint-disable-next-line require-yield
    const { attachment } = asked(async function* (_, signal) {
      running++
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
    end.port.attachSink(attachment).open([{ ...buses, offset: 0n }])
    for (let call = 1; call <= 40; call++) say({ t: 'read', call, sink: 1, ranges: [] })
    expect(await answerTo(40)).toMatchObject({ t: 'failure', retriable: true })
    expect(running).toBe(32)
    say({ t: 'read', call: 1, sink: 1, ranges: [] })
    await eventually(() => cut())
    expect(running).toBe(32)
  })

  it('is sent what is read back no faster than the worker may read', async () => {
    const wakes: (() => void)[] = []
    const sleep: Clock['sleep'] = (ms) => new Promise((resolve) => void (ms === 1000 && wakes.push(resolve)))
    const clock = { ...manualClock(), sleep }
    const { end, say, answerTo, pasts } = await foreignGate({ clock, readBytesPerS: 1000 })
    const { attachment } = asked(async function* () {
      for (let n = 0; n < 3; n++) yield { publications: [], progress: [], bytes: 1000 }
    })
    end.port.attachSink(attachment).open([{ ...buses, offset: 0n }])
    say({ t: 'read', call: 1, sink: 1, ranges: [] }, ...Array.from({ length: 9 }, () => ({ t: 'more', call: 1 })))
    say({ t: 'clusterId', call: 2, sink: 1 })
    await answerTo(2)
    for (let count = 1; count <= 3; count++) {
      await eventually(() => wakes.length === 1)
      await eventually(() => pasts() === count)
      clock.advance(1000)
      for (const wake of wakes.splice(0)) wake()
    }
    expect(await answerTo(1)).toMatchObject({ t: 'answer' })
  })

  it('publishes nowhere but on its source’s channels', async () => {
    const { end, say, answerTo } = await foreignGate()
    const taken: string[] = []
    end.port.attachSource({
      connector: 'in',
      channels: ['chat:*'],
      async publish({ channel }) {
        taken.push(channel)
        return { ok: true }
      },
    })
    const ingress = { data: '1', client: 'ann', session: 's', receivedAt: 1 }
    say({ t: 'publish', call: 1, source: 1, ingress: { ...ingress, channel: 'report:1' } })
    say({ t: 'publish', call: 2, source: 1, ingress: { ...ingress, channel: 'chat:1' } })
    expect(await answerTo(1)).toMatchObject({ value: { ok: false, code: 'no_source' } })
    expect(await answerTo(2)).toMatchObject({ value: { ok: true } })
    expect(taken).toEqual(['chat:1'])
  })

  it('says nothing of another gate’s producers, and publishes nothing as one of them', async () => {
    const { end, ...gate } = await foreignGate()
    const other = await linkTo(end, 'other')
    const heard: unknown[] = []
    const taken: string[] = []
    end.port.attachSource({
      connector: 'in',
      channels: ['chat:*'],
      async publish({ data }) {
        taken.push(data)
        return { ok: true }
      },
      producerConnected: ({ session, client }) => void heard.push(`${client} ${session}`),
      producerDisconnected: (session) => void heard.push(session),
    })
    const eve = { session: 'of-ann', client: 'eve', producer: 'p' }
    const ingress = { channel: 'chat:1', receivedAt: 1, session: 'of-ann' }
    gate.say(
      { t: 'producer', session: 'of-ann', client: 'ann', producer: 'p' },
      { t: 'publish', call: 1, source: 1, ingress: { ...ingress, data: '"ann"', client: 'ann' } },
    )
    expect(await gate.answerTo(1)).toMatchObject({ value: { ok: true } })
    const meddle = (call: number): Promise<unknown> => {
      other.say(
        { t: 'producer', ...eve },
        { t: 'producerGone', session: 'of-ann' },
        { t: 'publish', call, source: 1, ingress: { ...ingress, data: '"eve"', client: 'eve' } },
      )
      return other.answerTo(call)
    }
    expect(await meddle(1)).toMatchObject({ value: { ok: false, code: 'forbidden' } })
    // The same holds while its own gate is out of sight, which knows it again when it is back.
    await gate.close()
    expect(await meddle(2)).toMatchObject({ value: { ok: false, code: 'forbidden' } })
    const back = await linkTo(end, 'gate')
    back.say({ t: 'producer', session: 'of-ann', client: 'ann', producer: 'p' })
    back.say({ t: 'publish', call: 1, source: 1, ingress: { ...ingress, data: '"ann again"', client: 'ann' } })
    expect(await back.answerTo(1)).toMatchObject({ value: { ok: true } })
    expect(heard).toEqual(['ann of-ann'])
    back.say({ t: 'producerGone', session: 'of-ann' })
    await eventually(() => heard.length === 2)
    expect(heard).toEqual(['ann of-ann', 'of-ann'])
    expect(taken).toEqual(['"ann"', '"ann again"'])
    expect(other.cut()).toBeUndefined()
  })

  it('has no more under way than the link may hold', async () => {
    const { end, say, answerTo } = await foreignGate({ limits: { maxQueuedBytes: 1_048_576, heartbeatMs: 5000 } })
    let waiting = 0
    end.port.attachSource({
      connector: 'in',
      channels: ['chat:*'],
      publish() {
        waiting++
        return new Promise(() => undefined)
      },
    })
    const ingress = { channel: 'chat:1', data: 'x'.repeat(100_000), client: 'ann', session: 's', receivedAt: 1 }
    for (let call = 1; call <= 30; call++) say({ t: 'publish', call, source: 1, ingress })
    expect(await answerTo(30)).toMatchObject({ t: 'failure', retriable: true })
    expect(waiting).toBe(10)
  })

  it('is not remembered with more producers than it can have connections', () => {
    const sessions = createProducerSessions({
      gate: 'gate',
      known: createKnownProducers(),
      clock: manualClock(),
      gone: () => undefined,
    })
    for (let n = 0; n < 100_000; n++) sessions.connected(`${n}`)
    expect(() => sessions.connected('one more')).toThrow('more than 100000 producers')
  })
})
