import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { connect, type Message, type SubscribeOptions } from '../../../src/client/index.ts'
import { modelGate } from './model-gate.ts'
import { manualTimers } from './open-client.ts'

type Step =
  | { readonly do: 'write' | 'send' | 'settle' | 'wait' | 'acknowledge'; readonly count: number }
  | { readonly do: 'cut' }

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('write', 'send', 'send', 'send', 'settle', 'settle', 'wait', 'acknowledge'),
      count: fc.integer({ min: 1, max: 7 }),
    }),
    fc.record({ do: fc.constant('cut') }),
  ),
  { minLength: 10, maxLength: 80 },
) as fc.Arbitrary<readonly Step[]>

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve()
}

interface Handled {
  readonly number: number
  readonly again: boolean
}

/** What the handler was given, in its order, when everything has come. */
async function run(all: readonly Step[], options: SubscribeOptions, isSlow: boolean): Promise<readonly Handled[]> {
  const gate = modelGate()
  const timers = manualTimers()
  const client = connect('ws://model', { WebSocket: gate.WebSocket, timers, random: () => 0.5 })
  const handled: Handled[] = []
  let unsettled: (() => void)[] = []
  let unacknowledged: Message[] = []
  client.subscribe('c', {
    ...options,
    onMessage(message) {
      handled.push({ number: message.data as number, again: message.again === true })
      unacknowledged.push(message)
      return isSlow ? new Promise<void>((resolve) => unsettled.push(resolve)) : undefined
    },
  })
  const acts = {
    write: (count: number) => gate.write(count),
    send: (count: number) => gate.send(count),
    settle: (count: number) => unsettled.splice(0, count).forEach((settle) => settle()),
    wait: (count: number) => timers.advance(count * 200),
    acknowledge: (count: number) => unacknowledged.splice(0, count).forEach((message) => message.ack?.()),
  }
  for (const step of all) {
    if (step.do === 'cut') gate.cut()
    else acts[step.do](step.count)
    await turns()
  }
  for (let round = 0; round < 400 && !(gate.isDone && unsettled.length === 0); round++) {
    timers.advance(1000)
    gate.send(1000)
    unsettled.forEach((settle) => settle())
    unsettled = []
    unacknowledged.forEach((message) => message.ack?.())
    unacknowledged = []
    await turns()
  }
  client.close()
  expect(gate.isDone).toBe(true)
  expect(new Set(handled.map(({ number }) => number)).size).toBe(gate.written)
  return handled
}

test.each([
  { isSlow: false, of: 'a quick handler' },
  { isSlow: true, of: 'a slow handler' },
])('whatever is cut when, each message is handled once and in order: $of', async ({ isSlow }) => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const handled = await run(all, {}, isSlow)
      expect(handled).toEqual(handled.map((_, index) => ({ number: index + 1, again: false })))
    }),
    { numRuns: 200 },
  )
})

test.each([
  { isSlow: false, ack: 'auto' },
  { isSlow: true, ack: 'auto' },
  { isSlow: false, ack: 'manual' },
  { isSlow: true, ack: 'manual' },
] as const)(
  'ACK mode ($ack, slow: $isSlow): each at least once, in order, and nothing again unannounced',
  async ({ isSlow, ack }) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (all, window) => {
        const handled = await run(all, { window, ack }, isSlow)
        let last = 0
        for (const [index, { number, again }] of handled.entries()) {
          const isNext = number === (handled[index - 1]?.number ?? 0) + 1
          // A break may go back, and nothing else.
          const isRight = number > last ? number === last + 1 : again && (isNext || number <= last)
          expect({ isRight, handled }).toEqual({ isRight: true, handled })
          last = Math.max(last, number)
        }
      }),
      { numRuns: 200 },
    )
  },
)
