import { describe, expect, it } from 'vitest'
import { ConflictError, type RevocationLog } from '#api'
import type { GateEnd } from '../../../../src/gateway/link/gate-end.ts'
import { createLinkedRevocations, type RevocationMessage } from '../../../../src/gateway/link/linked-revocations.ts'
import type { WorkerEnd } from '../../../../src/gateway/link/worker-end.ts'
import { systemClock } from '../../../../src/util/clock.ts'
import { revocationId } from '../../../../src/util/revocation-id.ts'
import { eventually, soon } from '../../../support/eventually.ts'
import { linkInMemory, linkLimits, makeGateEnd, makeWorkerEnd, untilTestEnds } from '../../../support/linked.ts'
import { memoryRevocations } from '../../../support/memory-revocations.ts'
import { fakeGate, manualClock } from '../harness.ts'

function worker(revocations: Pick<RevocationLog, 'all' | 'onChange' | 'add'>, limits = linkLimits): WorkerEnd {
  return untilTestEnds(makeWorkerEnd('worker', systemClock, limits, { revocations }))
}

function gate(): GateEnd {
  return untilTestEnds(makeGateEnd(fakeGate(systemClock).hub.port))
}

const user = (name: string, at = 1000) => {
  const of = { kind: 'user', user: name } as const
  return { id: revocationId(of), of, at }
}
const token = (name: string) => {
  const of = { kind: 'token', token: name } as const
  return { id: revocationId(of), of, at: 5, until: 9_000_000_000_000, reason: 'lost' }
}

describe('the revocations of a worker', () => {
  it('reach a gate before it lets anybody in, though they are more than a link may hold at once', async () => {
    const all = Array.from({ length: 20_000 }, (_, n) => ({ ...user(`user-${n}`), reason: 'r'.repeat(200) }))
    const own = worker({ ...memoryRevocations(), all: () => all }, { ...linkLimits, maxQueuedBytes: 1_048_576 })
    own.started()
    const end = gate()
    let held: number | undefined
    await linkInMemory(own, end)
    await eventually(() => {
      held = end.revocations.all().length
      return end.isStarted()
    })
    expect(held).toBe(20_000)
  })

  it('change at a gate as they change there, also what was made and ended while the link was away', async () => {
    const log = memoryRevocations()
    await log.add(user('ann'))
    await log.add(user('ben'))
    const own = worker(log)
    own.started()
    const end = gate()
    const users = (): unknown[] => end.revocations.all().map(({ of, at }) => [of.kind === 'user' && of.user, at])
    const pair = await linkInMemory(own, end)
    await eventually(() => end.isStarted())
    await log.add(user('cem'))
    await log.remove(user('ben').id)
    await soon(() =>
      expect(users()).toEqual([
        ['ann', 1000],
        ['cem', 1000],
      ]),
    )
    await pair.close()
    await log.add(user('ann', 2000))
    await log.remove(user('cem').id)
    await linkInMemory(own, end)
    await soon(() => expect(users()).toEqual([['ann', 2000]]))
  })

  it('get the token of a session that was shut out at a gate, whichever worker can store it', async () => {
    const [log, away] = [memoryRevocations(), memoryRevocations()]
    const end = gate()
    await linkInMemory(worker({ ...away, add: () => Promise.reject(new ConflictError('Too many.')) }), end)
    await expect(end.revocations.add(token('jti:1'))).rejects.toMatchObject({ message: 'Too many.', retriable: false })
    await linkInMemory(worker(log), end)
    await expect(end.revocations.add(user('ann'))).rejects.toThrow('tokens only')
    const other = gate()
    await expect(other.revocations.add(token('jti:1'))).rejects.toMatchObject({ retriable: true })
    await linkInMemory(worker(log), other)
    await other.revocations.add(token('jti:1'))
    const { id, of, until, reason } = token('jti:1')
    expect(log.all()).toMatchObject([{ id, of, until, reason }])
  })
})

describe('what several workers say is revoked', () => {
  const list = (...page: ReturnType<typeof user>[]): RevocationMessage => ({
    t: 'revocations',
    page,
    isFirst: true,
    isLast: true,
  })
  const ended = (name: string): RevocationMessage => ({ t: 'revocationEnded', id: user(name).id })
  function linked() {
    const clock = manualClock()
    const revocations = createLinkedRevocations(clock)
    const join = (name: string): object => {
      const one = {}
      revocations.linkBegan(one, name)
      return one
    }
    return { revocations, clock, join, at: () => revocations.all().map(({ at }) => at) }
  }

  it('holds on, whoever has not heard of it yet, and while who said so is away', () => {
    const { revocations, join, at } = linked()
    const [a, b] = [join('a'), join('b')]
    revocations.take(a, list(user('ann', 3000)))
    revocations.take(b, list())
    expect(at()).toEqual([3000])
    // Behind with Kafka, it lists what was before, and its end, and all of that once more when it is linked again.
    revocations.take(b, list(user('ann', 1000)))
    expect(at()).toEqual([3000])
    revocations.take(b, ended('ann'))
    expect(at()).toEqual([3000])
    revocations.linkEnded(a)
    revocations.linkEnded(b)
    revocations.take(join('b'), list())
    expect(at()).toEqual([3000])
    revocations.take(join('a'), list())
    expect(at()).toEqual([])
  })

  it('is in force anew when it was revoked again, and ends with the word of one that knows it', () => {
    const { revocations, join, at } = linked()
    const [a, b] = [join('a'), join('b')]
    revocations.take(a, list(user('ann', 1000)))
    revocations.take(b, list(user('ann', 1000)))
    revocations.linkEnded(a)
    revocations.take(join('a'), list(user('ann', 3000)))
    expect(at()).toEqual([3000])
    revocations.take(b, { t: 'revoked', revocation: user('ann', 3000) })
    revocations.take(b, ended('ann'))
    expect(at()).toEqual([])
  })

  it('does not hold for ever by the word of workers that never come back', () => {
    const { revocations, clock, join, at } = linked()
    const a = join('a')
    revocations.take(a, list(user('ann')))
    revocations.linkEnded(a)
    const next = join('next')
    revocations.take(next, list())
    expect(at()).toEqual([1000])
    clock.advance(86_400_000)
    revocations.take(next, list())
    expect(at()).toEqual([])
  })
})
