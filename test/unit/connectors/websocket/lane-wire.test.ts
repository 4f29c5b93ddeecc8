import { expect, test } from 'vitest'
import type { Ingress } from '#api'
import { laneOf } from '../../../../src/connectors/websocket/lane-of.ts'
import {
  decodeClosing,
  decodeLaneAnswers,
  decodeLaneCall,
  encodeClosing,
  encodeLaneAnswers,
  encodeLaneCall,
  type LaneCall,
} from '../../../../src/connectors/websocket/lane-wire.ts'

const ingress: Ingress = {
  channel: 'a',
  data: '"ü\\n"',
  key: 'k',
  messageId: 1,
  client: 'c',
  session: 's',
  producer: 'p',
  receivedAt: 2,
}
const call: LaneCall = {
  lanes: 4,
  url: 'http://here/',
  items: [
    { kind: 'claim', from: { client: 'c', session: 's', producer: 'p' } },
    { kind: 'publish', from: ingress, term: 7 },
  ],
}

test('what is said between doors and lanes comes as it was sent', () => {
  expect(decodeLaneCall(encodeLaneCall(call))).toEqual(call)
  const answers = [
    { answer: { ok: true } as const, term: 3 },
    { answer: { ok: false, code: 'c', message: 'm', field: 'f', retryable: true, retryAfter: 5 } as const },
  ]
  expect(decodeLaneAnswers(encodeLaneAnswers(answers), 2)).toEqual(answers)
  expect(decodeClosing(encodeClosing('s'))).toBe('s')
})

const altered = (change: object) => Buffer.from(JSON.stringify({ v: 1, ...call, ...change }))

test.each([
  ['no JSON', Buffer.from('{')],
  ['no object', Buffer.from('[]')],
  ['another version', altered({ v: 2 })],
  ['no count of lanes', altered({ lanes: '4' })],
  ['an item of another kind', altered({ items: [{ kind: 'x', from: ingress }] })],
  ['a publish without data', altered({ items: [{ kind: 'publish', from: { ...ingress, data: 1 } }] })],
  ['an id that is no integer', altered({ items: [{ kind: 'publish', from: { ...ingress, messageId: 1.5 } }] })],
  ['nobody who publishes', altered({ items: [{ kind: 'claim', from: { client: 'c' } }] })],
])('a call with %s is refused', (_what, body) => {
  expect(() => decodeLaneCall(body)).toThrow(/door/)
})

test('answers that are too few, or none, are refused', () => {
  expect(() => decodeLaneAnswers(encodeLaneAnswers([]), 1)).toThrow('no answer')
  expect(() => decodeLaneAnswers(encodeLaneAnswers([{ answer: {} as never }]), 1)).toThrow('no answer')
})

test('a producer has one lane whatever its session, and producers share the lanes evenly', () => {
  const lane = (producer: string, session: string) => laneOf({ client: 'c', producer, session }, 4)
  expect(lane('p', 's')).toBe(lane('p', 't'))
  const counts = [0, 0, 0, 0]
  for (let n = 0; n < 4000; n++) counts[lane(`phone-${n}`, 's')] = (counts[lane(`phone-${n}`, 's')] ?? 0) + 1
  for (const count of counts) expect(count).toBeGreaterThan(850)
})
