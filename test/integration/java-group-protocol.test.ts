import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Assignment, WorkerState } from '../../src/herder/distributed/connect-protocol.ts'
import {
  decodeAssignment,
  decodeWorkerState,
  encodeAssignment,
  encodeWorkerState,
} from '../../src/herder/distributed/protocol-codec.ts'
import { arbitraryAssignment, arbitraryWorkerState, sortedAssignment } from '../support/arbitrary-assignments.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { evidence, scale, seed } from '../support/scale.ts'

let java: JavaProgram
beforeAll(async () => {
  java = await startJavaProgram('GroupProtocol')
}, 300_000)
afterAll(async () => {
  evidence('java-group-protocol', { cases: runs.numRuns * 4 })
  await java?.close()
})

type Kind = 'assignment' | 'state'
type Told = { readonly bytes?: string; readonly value?: unknown; readonly error?: string }

async function javaWrites(write: Kind, value: unknown): Promise<Buffer> {
  const { bytes, error } = await java.ask<Told>({ write, value: JSON.parse(inJson(value)) })
  if (error !== undefined) throw new Error(error)
  return Buffer.from(bytes ?? '', 'base64')
}

async function javaReads(read: Kind, bytes: Buffer): Promise<unknown> {
  const { value, error } = await java.ask<Told>({ read, bytes: bytes.toString('base64') })
  if (error !== undefined) throw new Error(error)
  return value
}

const inJson = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : (each as unknown)))

type InJson<T> = Omit<T, 'offset'> & { readonly offset: string }

const assignmentOf = (value: unknown): Assignment => {
  const told = value as InJson<Assignment>
  return sortedAssignment({ ...told, offset: BigInt(told.offset) })
}

const stateOf = (value: unknown): WorkerState => {
  const { url, offset, assignment } = value as InJson<WorkerState>
  return { url, offset: BigInt(offset), assignment: assignment && assignmentOf(assignment) }
}

const sortedState = (state: WorkerState): WorkerState => ({
  ...state,
  assignment: state.assignment && sortedAssignment(state.assignment),
})

const runs = { seed, numRuns: scale({ small: 200, full: 5000 }), endOnFailure: true }

test('Java reads what our leader decides, and we what Java’s does', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryAssignment, async (assignment) => {
      const wanted = sortedAssignment(assignment)
      expect(assignmentOf(await javaReads('assignment', encodeAssignment(assignment)))).toEqual(wanted)
      const bytes = await javaWrites('assignment', assignment)
      expect(sortedAssignment(decodeAssignment(bytes))).toEqual(wanted)
      expect(bytes.length).toBe(encodeAssignment(assignment).length)
    }),
    runs,
  )
}, 120_000)

test('Java reads what our workers join with, and we what Java’s do', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryWorkerState, async (state) => {
      const wanted = sortedState(state)
      expect(stateOf(await javaReads('state', encodeWorkerState(state)))).toEqual(wanted)
      const bytes = await javaWrites('state', state)
      expect(sortedState(decodeWorkerState(bytes))).toEqual(wanted)
    }),
    runs,
  )
}, 120_000)

test('the bytes are Java’s to the last one where Java keeps an order', async () => {
  const one = fc.record({
    assignment: arbitraryAssignment,
    // Java keeps no order among several connectors that are assigned.
    connectors: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 1 }),
  })
  await fc.assert(
    fc.asyncProperty(one, async ({ assignment: any, connectors }) => {
      const assignment = { ...any, assigned: { ...any.assigned, connectors } }
      const bytes = await javaWrites('assignment', assignment)
      expect(encodeAssignment(assignment).toString('hex')).toBe(bytes.toString('hex'))
      const state = { url: 'http://worker:8083/', offset: assignment.offset, assignment }
      expect(encodeWorkerState(state).toString('hex')).toBe((await javaWrites('state', state)).toString('hex'))
    }),
    runs,
  )
}, 120_000)

test('bytes that were cut short are read or refused as by Java', async () => {
  const cut = fc.record({
    state: arbitraryWorkerState,
    assignment: arbitraryAssignment,
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  let refused = 0
  const tried = async (read: () => unknown): Promise<unknown> => {
    try {
      return await read()
    } catch {
      refused++
      return 'refused'
    }
  }
  await fc.assert(
    fc.asyncProperty(cut, async ({ state, assignment, at }) => {
      const part = (whole: Buffer) => whole.subarray(0, Math.floor(at * whole.length))
      const states = part(encodeWorkerState(state))
      const assignments = part(encodeAssignment(assignment))
      const here = await tried(() => sortedState(decodeWorkerState(states)))
      expect(await tried(async () => stateOf(await javaReads('state', states)))).toEqual(here)
      const told = await tried(() => sortedAssignment(decodeAssignment(assignments)))
      expect(await tried(async () => assignmentOf(await javaReads('assignment', assignments)))).toEqual(told)
    }),
    runs,
  )
  expect(refused).toBeGreaterThan(0)
}, 120_000)
