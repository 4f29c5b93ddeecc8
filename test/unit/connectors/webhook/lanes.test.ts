import { expect, test } from 'vitest'
import type { Outcome } from '../../../../src/connectors/common/batch-sink.ts'
import { sendInLanes } from '../../../../src/connectors/webhook/lanes.ts'

interface Message {
  readonly lane: number
  readonly n: number
}

/** Sends two lanes of three messages each, one by one; the test answers. */
function sendSix(options: { readonly stopsAtRefusal: boolean; readonly isLate: () => boolean }) {
  const sent: string[] = []
  const answers = new Map<string, (outcome: Outcome) => void>()
  const messages = [1, 2, 3].flatMap((n): Message[] => [
    { lane: 0, n },
    { lane: 1, n },
  ])
  const outcomes = sendInLanes(messages, {
    laneOf: ({ lane }) => lane,
    cut: (lane) => lane.map((message) => [message]),
    send: ([message]) =>
      new Promise<Outcome>((resolve) => {
        const name = `${message?.lane}/${message?.n}`
        sent.push(name)
        answers.set(name, resolve)
      }),
    ...options,
  })
  return {
    sent,
    outcomes,
    answer: async (name: string, outcome: Outcome) => {
      answers.get(name)?.(outcome)
      await new Promise(setImmediate)
    },
  }
}

const refused = { refused: 'no' }
const failed = (message: string) => ({ failed: expect.objectContaining({ message }) })

test('where a refusal stops all, no other lane goes on after it', async () => {
  const { sent, outcomes, answer } = sendSix({ stopsAtRefusal: true, isLate: () => false })
  await answer('0/1', refused)
  await answer('1/1', undefined)
  const rest = failed('a record was refused')
  expect(await outcomes).toEqual([refused, undefined, rest, rest, rest, rest])
  expect(sent).toEqual(['0/1', '1/1'])
})

test('where it does not, only what is refused is left out', async () => {
  const { outcomes, answer } = sendSix({ stopsAtRefusal: false, isLate: () => false })
  await answer('0/1', refused)
  for (const name of ['0/2', '0/3', '1/1', '1/2', '1/3']) await answer(name, undefined)
  expect(await outcomes).toEqual([refused, undefined, undefined, undefined, undefined, undefined])
})

test('when it is late what is under way is waited for, and the rest is for another time', async () => {
  let isLate = false
  const { sent, outcomes, answer } = sendSix({ stopsAtRefusal: false, isLate: () => isLate })
  await answer('0/1', undefined)
  isLate = true
  await answer('0/2', undefined)
  await answer('1/1', undefined)
  const rest = failed('the worker gets its turn')
  expect(await outcomes).toEqual([undefined, undefined, undefined, rest, rest, rest])
  expect(sent).toEqual(['0/1', '1/1', '0/2'])
})
