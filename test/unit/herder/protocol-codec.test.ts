import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Assignment } from '../../../src/herder/distributed/connect-protocol.ts'
import {
  decodeAssignment,
  decodeWorkerState,
  encodeAssignment,
  encodeWorkerState,
} from '../../../src/herder/distributed/protocol-codec.ts'
import { arbitraryAssignment, arbitraryWorkerState, sortedAssignment } from '../../support/arbitrary-assignments.ts'

const assignment: Assignment = {
  error: 0,
  leader: 'm1',
  leaderUrl: 'http://a:8083/',
  offset: 7n,
  assigned: { connectors: ['c'], tasks: [{ connector: 'c', task: 0 }] },
  revoked: { connectors: [], tasks: [{ connector: 'd', task: 3 }] },
  delay: 1500,
}

/** Kafka Connect's; test/integration/java-group-protocol.test.ts compares with it itself. */
const bytes = Buffer.from(
  [
    '00020000', // version 2, no error
    `0002${Buffer.from('m1').toString('hex')}`,
    `000e${Buffer.from('http://a:8083/').toString('hex')}`,
    '0000000000000007',
    '00000001000163', // assigned: one connector, c
    '00000002ffffffff00000000', // itself and its task 0
    '00000001000164000000010000000300000',
  ].join('') + '5dc',
  'hex',
)

test('an assignment has the bytes of Kafka Connect', () => {
  expect(encodeAssignment(assignment).toString('hex')).toBe(bytes.toString('hex'))
  expect(decodeAssignment(bytes)).toEqual(assignment)
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(arbitraryAssignment, arbitraryWorkerState, (each, state) => {
      expect(sortedAssignment(decodeAssignment(encodeAssignment(each)))).toEqual(sortedAssignment(each))
      const back = decodeWorkerState(encodeWorkerState(state))
      expect({ ...back, assignment: undefined }).toEqual({ ...state, assignment: undefined })
      expect(back.assignment && sortedAssignment(back.assignment)).toEqual(
        state.assignment && sortedAssignment(state.assignment),
      )
    }),
  )
})

test('a worker of an older protocol, which tells no assignment, is understood', () => {
  const state = encodeWorkerState({ url: 'http://a:8083/', offset: 3n, assignment: undefined })
  expect(decodeWorkerState(state.subarray(0, -4))).toEqual({ url: 'http://a:8083/', offset: 3n, assignment: undefined })
})

test('bytes of something else are refused with what is wrong and where', () => {
  expect(() => decodeAssignment(Buffer.from('hello'))).toThrow(
    'The 5 bytes of an assignment in the group are not Kafka Connect’s: leader needs 2 bytes at byte 4, where 1 are left.',
  )
  expect(() => decodeWorkerState(Buffer.alloc(0))).toThrow('version needs 2 bytes at byte 0, where 0 are left')
  expect(() => decodeWorkerState(Buffer.from('ffff', 'hex'))).toThrow('version -1 is unknown')
})

/** Empty: none. */
function complaintOf(read: () => unknown): string {
  try {
    read()
    return ''
  } catch (error) {
    return String(error)
  }
}

test('any bytes are read or refused, and no length in them is believed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      expect(complaintOf(() => decodeAssignment(Buffer.from(any)))).toMatch(/^$|are not Kafka Connect’s/)
    }),
    { numRuns: 2000 },
  )
})

test('a name that is too long for the protocol is refused before it is sent', () => {
  const url = `http://${'a'.repeat(40_000)}/`
  expect(() => encodeWorkerState({ url, offset: 0n, assignment: undefined })).toThrow('32767 is the most')
})
