import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matches, parsePattern } from '../../../src/gateway/channels.ts'
import { type FakeClient, type Frame, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const expireMs = 10_000
const patterns = ['bus:1', 'bus:*', 'bus:*:north', 'bus:2:*', 'bus:2:north']
const channels = ['bus:1', 'bus:2', 'bus:1:north', 'bus:2:north', 'bus:2:south']

interface Value {
  readonly lat: number
  readonly long: number
  readonly n: number
}
type Box = readonly [number, number, number, number]
/** `n` is above it. */
type Filter = number | null

const small = fc.integer({ min: -3, max: 3 })
const box: fc.Arbitrary<Box> = fc
  .tuple(small, small, small, small)
  .map(([a, b, c, d]): Box => [Math.min(a, b), Math.max(a, b), c, d])
const filter: fc.Arbitrary<Filter> = fc.option(fc.integer({ min: 0, max: 4 }))
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      channel: fc.constantFrom(...channels),
      key: fc.constantFrom('a', 'b', 'c'),
      data: fc.option(fc.record({ lat: small, long: small, n: fc.integer({ min: 0, max: 5 }) }), { freq: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), box: fc.option(box) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('filter' as const), filter }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('stall', 'drain', 'resume', 'settle') }) },
)

const place = (channel: unknown, key: unknown): string => `${String(channel)} ${String(key)}`
const textOf = (bound: Filter): string | undefined => (bound === null ? undefined : `value.n > ${bound}`)

/** What an attentive user of the frames would show. */
function createScreen() {
  const shown = new Map<string, unknown>()
  let items: Frame[] = []
  let [epoch, cursor] = ['', '']
  let position = ''
  let awaits = false
  return {
    shown,
    /** With a snapshot under way there is none. */
    position: () => (awaits ? undefined : position),
    begin(hasSnapshot: boolean) {
      awaits = hasSnapshot
      items = []
    },
    take(frame: Frame) {
      const { type, channel, key, data } = frame
      if (type === 'snapshot') {
        items.push(...(frame['items'] as Frame[]))
        if (frame['more'] === true) return
        shown.clear()
        for (const item of items) shown.set(place(item['channel'], item['key']), item['data'])
        items = []
        awaits = false
      }
      if (type === 'gone' || (type === 'message' && frame['deleted'] === true)) shown.delete(place(channel, key))
      else if (type === 'message') shown.set(place(channel, key), data)
      const told = frame['position']
      if (typeof told !== 'string') return
      const dot = told.indexOf('.')
      if (dot > 0) epoch = told.slice(0, dot)
      cursor = told.slice(dot)
      position = epoch + cursor
    },
  }
}

test('whatever is published and wherever the box moves, the client shows what passes, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...patterns),
      fc.option(box),
      filter,
      fc.constantFrom('every', 'latest'),
      fc.array(step, { maxLength: 40 }),
      async (channel, firstBox, firstFilter, delivery, steps) => {
        const clock = manualClock()
        const gate = fakeGate(clock, { limits: { sendBufferBytes: 4000 } })
        const attachment = makeAttachment({
          templates: ['bus:#{value.id}', 'bus:#{value.id}:#{value.region}'],
          box: ['lat', 'long'],
          snapshot: { expireMs, maxBytes: 1 << 20, maxEntries: 1000 },
        })
        const buses = feeder(gate.hub.port.attachSink(attachment))
        buses.feed.ready()
        await settle()
        const pattern = parsePattern(channel)
        const known = new Map<string, { readonly data: Value; readonly at: number }>()
        const screen = createScreen()
        let [bbox, bound]: [Box | null, Filter] = [firstBox, firstFilter]
        let read = 0
        let client: FakeClient = gate.connect()
        let id = 1

        const subscribe = async (): Promise<void> => {
          client = gate.connect()
          read = 0
          const position = screen.position()
          const expression = textOf(bound)
          screen.begin(!position)
          client.send({
            type: 'subscribe',
            id: 1,
            channel,
            delivery,
            ...(position ? { position } : { snapshot: true }),
            ...(bbox ? { bbox } : {}),
            ...(expression === undefined ? {} : { filter: expression }),
          })
          await settle()
          expect(client.of('error')).toEqual([])
        }
        const look = (): void => {
          for (const frame of client.frames.slice(read)) screen.take(frame)
          read = client.frames.length
        }
        const expected = (): Map<string, unknown> => {
          const found = new Map<string, unknown>()
          for (const [name, { data, at }] of known) {
            const isInside =
              !bbox ||
              (data.lat >= bbox[0] &&
                data.lat <= bbox[1] &&
                (bbox[2] <= bbox[3]
                  ? data.long >= bbox[2] && data.long <= bbox[3]
                  : data.long >= bbox[2] || data.long <= bbox[3]))
            if (at + expireMs > clock.now() && isInside && (bound === null || data.n > bound)) found.set(name, data)
          }
          return new Map([...found].filter(([name]) => matches(pattern, name.split(' ')[0] ?? '')))
        }
        const update = async (change: object): Promise<void> => {
          screen.begin(true)
          client.send({ type: 'update', id: ++id, subscription: 1, ...change })
          await settle()
          expect(client.of('error')).toEqual([])
        }

        await subscribe()
        for (const each of [...steps, { do: 'drain' as const }]) {
          if (each.do === 'publish') {
            const { channel: to, key, data } = each
            buses.record([{ channel: to, key, data: data ?? undefined }])
            if (data) known.set(place(to, key), { data, at: clock.now() })
            else known.delete(place(to, key))
            continue
          }
          look()
          if (each.do === 'move') {
            bbox = each.box
            await update({ bbox: each.box })
          } else if (each.do === 'filter') {
            bound = each.filter
            await update({ filter: textOf(bound) ?? null })
          } else if (each.do === 'wait') {
            clock.advance(each.ms)
            gate.hub.tick(clock.now())
            await settle()
          } else if (each.do === 'stall') client.waiting = 3000
          else if (each.do === 'resume') {
            await settle()
            look()
            client.disconnect()
            await subscribe()
          }
          if (each.do === 'drain') client.drain()
          await settle()
          look()
          expect(client.waiting > 0 || screen.shown).toEqual(client.waiting > 0 || expected())
        }
      },
    ),
    { numRuns: 150 },
  )
})
