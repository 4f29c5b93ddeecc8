import { expect, test } from 'vitest'
import { createClaims } from '../../../../src/herder/distributed/claims.ts'
import { FencedError } from '../../../../src/kafka/index.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'

function setUp(answers: readonly (boolean | Error)[]) {
  const clock = manualClock()
  const events: string[] = []
  const left = [...answers]
  const step = (name: string) => async () => void events.push(name)
  const claims = createClaims({
    store: {
      claim: step('claim'),
      unclaim: step('unclaim'),
      refresh: async () => {
        events.push('read')
        return { offset: 0n, sessionKey: undefined, connectors: new Map() }
      },
    },
    clock,
    log: recordingLog(),
    waitMs: 1000,
    syncMs: 1000,
    async isLeader() {
      events.push('asked')
      const answer = left.shift() ?? true
      if (answer instanceof Error) throw answer
      return answer
    },
    rejoin: (reason) => void events.push(reason),
    onClaimed: () => void events.push('claimed'),
  })
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { claims, events, clock, settle }
}

const refusal = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

test('the leader reads to the end and asks whether it still is it, before its first write', async () => {
  const { claims, events, settle } = setUp([])
  claims.elected(true)
  await claims.write(async () => void events.push('write'))
  await settle()
  expect(events).toEqual(['asked', 'claim', 'read', 'asked', 'claimed', 'write'])
  await claims.close()
})

test('a worker that was frozen since its election fences nobody, and waits for the next one', async () => {
  const { claims, events, settle, clock } = setUp([false])
  claims.elected(true)
  await settle()
  expect(events).toEqual(['asked'])
  const refused = refusal(claims.write(async () => void events.push('write')))
  await clock.advance(1000)
  expect(await refused).toMatchObject({ status: 409 })
  claims.elected(true)
  await claims.write(async () => void events.push('write'))
  expect(events.slice(1)).toEqual(['asked', 'claim', 'read', 'asked', 'claimed', 'write'])
  await claims.close()
})

test('a write that waits for the claim is done when the next election makes this worker leader', async () => {
  const { claims, events, settle } = setUp([false])
  claims.elected(true)
  const written = claims.write(async () => void events.push('write'))
  await settle()
  claims.elected(true)
  await written
  expect(events.at(-1)).toBe('write')
  await claims.close()
})

test('one that was frozen while it claimed gives the claim up without a write', async () => {
  const { claims, events, settle } = setUp([true, false])
  claims.elected(true)
  await settle()
  expect(events).toEqual(['asked', 'claim', 'read', 'asked', 'unclaim'])
  await claims.close()
})

test('asks again while the coordinator does not answer', async () => {
  const { claims, events, settle, clock } = setUp([true, new Error('no broker')])
  claims.elected(true)
  await settle()
  await clock.advance(250)
  await claims.write(async () => void events.push('write'))
  expect(events.at(-1)).toBe('write')
  await claims.close()
  expect(events.at(-1)).toBe('unclaim')
})

test('a refused write is followed by no claim before an election', async () => {
  const { claims, events, settle } = setUp([])
  claims.elected(true)
  expect(await refusal(claims.write(() => Promise.reject(new FencedError('fenced'))))).toMatchObject({ status: 409 })
  await settle()
  expect(events.filter((event) => event === 'claim')).toHaveLength(1)
  claims.elected(true)
  await settle()
  expect(events.filter((event) => event === 'claim')).toHaveLength(2)
  await claims.close()
})
