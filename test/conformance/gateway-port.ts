import { afterEach, describe, expect, it } from 'vitest'
import type { GatewayPort, Ingress, IngressAnswer, PastBatch, Publication } from '#api'
import { ConfigError, RetriableError } from '#api'
import { soon } from '../support/eventually.ts'
import { type RecordingPort, recordingPort } from '../support/recording-port.ts'
import { makeAttachment } from '../unit/gateway/harness.ts'

export interface PortUnderTest {
  readonly port: GatewayPort
  close(): Promise<void> | void
}

/** What holds for a gateway's port, wherever the gate is. `carry` gives a port that leads to `gate`; it refuses channels outside `bus` and `report`. */
export function gatewayPortConformance(name: string, carry: (gate: RecordingPort) => Promise<PortUnderTest>): void {
  describe(`gateway port: ${name}`, () => {
    const closing: (() => Promise<void> | void)[] = []
    afterEach(async () => {
      for (const close of closing.splice(0)) await close()
    })
    const start = async () => {
      const closed: string[] = []
      const gate = recordingPort((session) => closed.push(session))
      const { port, close } = await carry(gate)
      closing.push(close)
      return { gate, port, closed }
    }
    const origin = { topic: 't', partition: 0, offset: 9_007_199_254_740_990n, timestamp: 1_700_000_000_000 }
    const progress = [{ topic: 't', partition: 0, offset: 9_007_199_254_740_991n, timestamp: 1_700_000_000_000 }]
    const one = async ({ sinks }: RecordingPort) => {
      await soon(() => expect(sinks).toHaveLength(1))
      const [sink] = sinks
      if (!sink) throw new Error('No sink came to the gate.')
      return sink
    }

    it('brings a sink with all that was declared', async () => {
      const { gate, port } = await start()
      port.attachSink(
        makeAttachment({ templates: ['bus:#{value.id}', 'bus:all'], box: ['lat', 'long'], delivery: 'latest' }),
      )
      const { attachment } = await one(gate)
      expect(attachment).toMatchObject({
        connector: 'buses',
        templates: ['bus:#{value.id}', 'bus:all'],
        rule: 'rule-1',
        snapshot: { expireMs: 0, maxBytes: 1 << 24, maxEntries: 100_000 },
        window: { maxBytes: 1 << 26, maxAgeMs: 3_600_000 },
        box: ['lat', 'long'],
        delivery: 'latest',
      })
      expect(attachment.past).toBeUndefined()
    })

    it('brings publications as they are, in their order', async () => {
      const { gate, port } = await start()
      const feed = port.attachSink(makeAttachment())
      const { calls } = await one(gate)
      const publications: Publication[] = [
        { channel: 'bus:1', key: 'k', data: '{"a":1}', origin, path: [] },
        { channel: 'bus:1', key: undefined, data: 'null', origin, path: [0, 3] },
        { channel: 'bus:ü', key: '', data: '"🚌 ü \\u0000"', origin, path: [1] },
        { channel: 'bus:2', key: '🚏', data: undefined, origin: { ...origin, partition: 1, timestamp: -1 }, path: [] },
      ]
      const opened = [
        {
          topic: 't',
          partition: 0,
          offset: 9_007_199_254_740_990n,
          timestampBefore: 5,
          topicId: 'wFhvGs4eRXuZ0vVxK1dQ3A',
        },
        { topic: 't', partition: 1, offset: 0n },
      ]
      feed.open(opened)
      feed.publish(publications, progress)
      feed.publish([], [{ topic: 't', partition: 1, offset: 12n, timestamp: 7 }])
      feed.ready()
      feed.upstream({ reachable: false, since: 42 })
      feed.upstream({ reachable: true, since: 43 })
      feed.close([{ topic: 't', partition: 1 }])
      await soon(() => expect(calls.at(-1)?.name).toBe('close'))
      const told = calls.filter((call) => call.name !== 'upstream' || call.args[0].since > 0)
      expect(told).toEqual([
        { name: 'open', args: [opened] },
        { name: 'publish', args: [publications, progress] },
        { name: 'publish', args: [[], [{ topic: 't', partition: 1, offset: 12n, timestamp: 7 }]] },
        { name: 'ready', args: [] },
        { name: 'upstream', args: [{ reachable: false, since: 42 }] },
        { name: 'upstream', args: [{ reachable: true, since: 43 }] },
        { name: 'close', args: [[{ topic: 't', partition: 1 }]] },
      ])
    })

    it('brings far more than fits into a frame, whole and in order', async () => {
      const { gate, port } = await start()
      const feed = port.attachSink(makeAttachment())
      const sink = await one(gate)
      feed.open([{ topic: 't', partition: 0, offset: 0n }])
      const data = JSON.stringify('x'.repeat(100_000))
      const publications = Array.from({ length: 200 }, (_, n): Publication => {
        const at = { topic: 't', partition: 0, offset: BigInt(n >> 2), timestamp: n }
        return { channel: `bus:${n}`, key: undefined, data, origin: at, path: [n & 3] }
      })
      feed.publish(publications, [{ topic: 't', partition: 0, offset: 50n, timestamp: 200 }])
      await soon(() => expect(sink.messages()).toHaveLength(200))
      expect(sink.messages().map(([channel]) => channel)).toEqual(publications.map(({ channel }) => channel))
      // No record was cut: a stream takes the second part of one for what is behind it.
      const firsts = sink.calls.flatMap((call) => (call.name === 'publish' ? (call.args[0][0]?.path ?? []) : []))
      expect(new Set(firsts)).toEqual(new Set([0]))
    })

    it('takes a sink away when it is detached', async () => {
      const { gate, port } = await start()
      const feed = port.attachSink(makeAttachment())
      await one(gate)
      feed.detach()
      feed.detach()
      await soon(() => expect(gate.sinks).toHaveLength(0))
    })

    it('refuses channels outside the namespaces, and those of another connector', async () => {
      const { port } = await start()
      expect(() => port.attachSink(makeAttachment({ templates: ['bsu:1'] }))).toThrow(ConfigError)
      port.attachSink(makeAttachment())
      expect(() => port.attachSink(makeAttachment({ connector: 'other' }))).toThrow(ConfigError)
    })

    it('asks for identity and bounds of the past', async () => {
      const { gate, port } = await start()
      const bounds = [
        { topic: 't', partition: 0, low: 3n, high: 9_007_199_254_740_991n, isCompacted: true, topicId: 'id' },
      ]
      const feed = port.attachSink(
        makeAttachment({
          identity: {
            clusterId: async () => 'cluster-7',
            timestampAt: async ({ topic, partition }, offset) =>
              offset === 1n ? 'below' : topic === 't' ? partition + Number(offset) : 'gone',
          },
          past: {
            bounds: async () => bounds,
            offsetsAt: async (timestamp) => [{ topic: 't', partition: 0, offset: BigInt(timestamp) }],
            async *read() {
              yield* []
            },
          },
        }),
      )
      feed.open([{ topic: 't', partition: 2, offset: 0n }])
      const { attachment } = await one(gate)
      expect(await attachment.identity.clusterId()).toBe('cluster-7')
      expect(await attachment.identity.timestampAt({ topic: 't', partition: 2 }, 40n)).toBe(42)
      expect(await attachment.identity.timestampAt({ topic: 't', partition: 2 }, 1n)).toBe('below')
      expect(await attachment.past?.bounds()).toEqual(bounds)
      expect(await attachment.past?.offsetsAt(17)).toEqual([{ topic: 't', partition: 0, offset: 17n }])
    })

    it('reads the past only as fast as it is taken, and stops when nobody reads', async () => {
      const { gate, port } = await start()
      let made = 0
      let stopped = false
      const batch = (n: number): PastBatch => ({
        publications: [
          { channel: 'bus:1', key: 'k', data: String(n), origin: { ...origin, offset: BigInt(n) }, path: [] },
        ],
        progress: [{ topic: 't', partition: 0, offset: BigInt(n + 1), timestamp: 1 }],
        bytes: 1000 + n,
      })
      const ranges = [{ topic: 't', partition: 0, from: 1n, to: 1000n }]
      let asked: unknown
      const feed = port.attachSink(
        makeAttachment({
          past: {
            bounds: async () => [],
            offsetsAt: async () => [],
            async *read(given, signal) {
              asked = given
              try {
                while (!signal.aborted && made < 1000) yield batch(made++)
              } finally {
                stopped = true
              }
            },
          },
        }),
      )
      feed.open([{ topic: 't', partition: 0, offset: 1000n }])
      const { past } = (await one(gate)).attachment
      const taken: PastBatch[] = []
      for await (const each of past?.read(ranges, new AbortController().signal) ?? []) {
        taken.push(each)
        if (taken.length === 5) break
      }
      expect(asked).toEqual(ranges)
      expect(taken).toEqual([0, 1, 2, 3, 4].map(batch))
      await soon(() => expect(stopped).toBe(true))
      expect(made).toBeLessThan(20)
    })

    it('says why the past cannot be read, and whether to ask again', async () => {
      const { gate, port } = await start()
      port.attachSink(
        makeAttachment({
          past: {
            bounds: () => Promise.reject(new RetriableError('Kafka is away.')),
            offsetsAt: () => Promise.reject(new Error('broken')),
            async *read() {
              yield* []
              await Promise.reject(new RetriableError('The range is not whole any more.'))
            },
          },
        }),
      )
      const { past } = (await one(gate)).attachment
      await expect(past?.bounds()).rejects.toMatchObject({ message: 'Kafka is away.', retriable: true })
      await expect(past?.offsetsAt(1)).rejects.toThrow('broken')
      const read = async (): Promise<void> => {
        for await (const _ of past?.read([], new AbortController().signal) ?? []) throw new Error('unexpected')
      }
      await expect(read()).rejects.toMatchObject({ message: 'The range is not whole any more.', retriable: true })
    })

    it('hands publications of clients over and brings the answers', async () => {
      const { gate, port, closed } = await start()
      const heard: unknown[] = []
      const answers: IngressAnswer[] = [
        { ok: true, duplicate: true, coordinates: { topic: 't', partition: 1, offset: '12' } },
        { ok: false, code: 'schema', message: 'No.', field: 'a.b', retryable: false },
      ]
      const feed = port.attachSource({
        connector: 'reports',
        channels: ['report:*'],
        exactlyOnce: true,
        async publish(ingress) {
          heard.push(ingress)
          return answers[heard.length - 1] ?? { ok: true }
        },
        producerConnected: (producer) => void heard.push(producer),
        producerDisconnected: (session) => void heard.push(session),
      })
      await soon(() => expect(gate.sources).toHaveLength(1))
      const attachment = gate.sources[0]?.attachment
      expect(attachment).toMatchObject({ connector: 'reports', channels: ['report:*'], exactlyOnce: true })
      const ingress: Ingress = {
        channel: 'report:7',
        data: '{"ü":1}',
        key: undefined,
        messageId: 7,
        client: 'rider',
        session: 's1',
        producer: 'p',
        receivedAt: 1,
      }
      expect(await attachment?.publish(ingress)).toEqual(answers[0])
      expect(await attachment?.publish({ ...ingress, key: 'k' })).toEqual(answers[1])
      expect(heard).toEqual([ingress, { ...ingress, key: 'k' }].map((each) => expect.objectContaining(defined(each))))
      attachment?.producerConnected?.({ client: 'rider', session: 's1', producer: 'p' })
      attachment?.producerDisconnected?.('s1')
      await soon(() => expect(heard).toHaveLength(4))
      expect(heard.slice(2)).toEqual([{ client: 'rider', session: 's1', producer: 'p' }, 's1'])
      feed.upstream?.({ reachable: false, since: 42 })
      feed.upstream?.({ reachable: true, since: 43 })
      await soon(() =>
        expect(gate.sources[0]?.upstream.filter(({ since }) => since > 0)).toEqual([
          { reachable: false, since: 42 },
          { reachable: true, since: 43 },
        ]),
      )
      feed.closeProducer('s1')
      await soon(() => expect(closed).toEqual(['s1']))
      feed.detach()
      await soon(() => expect(gate.sources).toHaveLength(0))
    })
  })
}

const defined = (ingress: Ingress): Partial<Ingress> =>
  Object.fromEntries(Object.entries(ingress).filter(([, value]) => value !== undefined))
