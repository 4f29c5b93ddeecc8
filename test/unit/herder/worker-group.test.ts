import { expect, onTestFinished, test } from 'vitest'
import type { Assignment, Work } from '../../../src/herder/distributed/connect-protocol.ts'
import {
  decodeAssignment,
  decodeWorkerState,
  encodeAssignment,
  encodeWorkerState,
} from '../../../src/herder/distributed/protocol-codec.ts'
import { createWorkerGroup } from '../../../src/herder/distributed/worker-group.ts'
import type { GroupMemberOptions, KafkaClient } from '../../../src/kafka/index.ts'
import type { ConfigState } from '../../../src/storage/index.ts'
import { manualClock, recordingLog } from '../../support/quiet.ts'

const noWork: Work = { connectors: [], tasks: [] }
const work = (connector: string, ...tasks: number[]): Work => ({
  connectors: [connector],
  tasks: tasks.map((task) => ({ connector, task })),
})
const stateAt = (offset: bigint): ConfigState => ({ offset, sessionKey: undefined, connectors: new Map() })

const settled = () => new Promise((resolve) => void setImmediate(resolve))

/** A worker's group with the coordinator's part played by the test. */
function worker({ configured = noWork, delay = 60_000 } = {}) {
  const clock = manualClock()
  const log = recordingLog()
  const events: string[] = []
  const given: Work[] = []
  let own: GroupMemberOptions | undefined
  let offset = 5n
  let readable = 5n
  const kafka = {
    groupMember(options: GroupMemberOptions) {
      own = options
      return {
        rejoin(reason: string) {
          events.push(`rejoin: ${reason}`)
          options.rebalancing()
        },
        leave: async (reason: string) => void events.push(`leave: ${reason}`),
        close: async () => void events.push('close'),
      }
    },
  } as unknown as KafkaClient
  const group = createWorkerGroup({
    kafka,
    settings: {
      'group.id': 'g',
      'session.timeout.ms': 10_000,
      'heartbeat.interval.ms': 3000,
      'rebalance.timeout.ms': 60_000,
      'scheduled.rebalance.max.delay.ms': delay,
      'worker.sync.timeout.ms': 3000,
      'worker.unsync.backoff.ms': 300_000,
    },
    clock,
    log,
    url: 'http://a:8083/',
    config: () => stateAt(offset),
    async refreshConfig(timeoutMs) {
      events.push(`read for ${timeoutMs} ms`)
      offset = readable
      return stateAt(offset)
    },
    configured: () => configured,
    async assigned(assigned, { isLeader, generation }) {
      events.push(`assigned in ${generation}${isLeader ? ' as leader' : ''}`)
      given.push(assigned)
    },
    lost: async (reason) => void events.push(`lost: ${reason}`),
  })
  onTestFinished(() => group.close())
  if (!own) throw new Error('no member was made')
  const member = own
  return {
    group,
    member,
    clock,
    log,
    events,
    given,
    configTopic(at: bigint, readableTo = at) {
      offset = at
      readable = readableTo
    },
    async told() {
      const [protocol] = await member.protocols()
      return decodeWorkerState(protocol?.metadata ?? Buffer.alloc(0))
    },
    join: (generation: number, assignment: Partial<Assignment> = {}, leader = 'other') =>
      member.joined({
        protocol: 'sessioned',
        generation,
        memberId: 'me',
        leaderId: leader,
        assignment: encodeAssignment({
          error: 0,
          leader,
          leaderUrl: `http://${leader}:8083/`,
          offset: 5n,
          assigned: noWork,
          revoked: noWork,
          delay: 0,
          ...assignment,
        }),
      }),
    async decide(generation: number, states: Readonly<Record<string, Partial<ReturnType<typeof decodeWorkerState>>>>) {
      const members = Object.entries(states).map(([memberId, state]) => ({
        memberId,
        metadata: encodeWorkerState({ url: `http://${memberId}:8083/`, offset: 5n, assignment: undefined, ...state }),
      }))
      const decided = await member.assign({ protocol: 'sessioned', generation, leaderId: 'me', members })
      return new Map([...decided].map(([memberId, bytes]) => [memberId, decodeAssignment(bytes)]))
    },
  }
}

test('a worker keeps what it has, adds what is assigned and tells all of it in the next rebalance', async () => {
  const { group, join, told, given } = worker()
  expect(await told()).toEqual({ url: 'http://a:8083/', offset: 5n, assignment: undefined })
  await join(1, { assigned: work('c', 0) })
  await join(2, { assigned: { connectors: [], tasks: [{ connector: 'd', task: 1 }] } })
  const all = { connectors: ['c'], tasks: [...work('c', 0).tasks, { connector: 'd', task: 1 }] }
  expect(given).toEqual([work('c', 0), all])
  expect([group.work(), (await told()).assignment?.assigned]).toEqual([all, all])
  expect([group.generation(), group.isLeader(), group.leaderUrl(), group.isRebalancing()]).toEqual([
    2,
    false,
    'http://other:8083/',
    false,
  ])
})

test('what is revoked is stopped first, and then all join again', async () => {
  const { join, events, given, group } = worker()
  await join(1, { assigned: work('c', 0, 1) })
  await join(2, { revoked: { connectors: [], tasks: [{ connector: 'c', task: 1 }] } })
  expect(given.at(-1)).toEqual(work('c', 0))
  expect(events.slice(-2)).toEqual(['assigned in 2', 'rejoin: work that was revoked has ended'])
  expect([group.isRebalancing(), group.leaderUrl()]).toEqual([true, undefined])
})

test('a delay ends with a rebalance, unless another comes before or the worker closes', async () => {
  const { join, clock, events, group } = worker()
  await join(1, { delay: 1000 })
  await clock.advance(999)
  expect(events).toEqual(['assigned in 1'])
  await clock.advance(1)
  expect(events.at(-1)).toBe('rejoin: the wait for lost work is over')
  await join(2, { delay: 1000 })
  await join(3)
  await clock.advance(2000)
  expect(events.slice(-2)).toEqual(['assigned in 2', 'assigned in 3'])
  await join(4, { delay: 1000 })
  await group.close()
  await clock.advance(2000)
  expect(events.slice(-2)).toEqual(['assigned in 4', 'close'])
})

test('a worker behind in the config topic reads on before it is given its work', async () => {
  const { join, events, configTopic } = worker()
  configTopic(3n, 7n)
  await join(1, { assigned: work('c'), offset: 7n })
  expect(events).toEqual(['read for 3000 ms', 'assigned in 1'])
})

test('one that cannot read on leaves, keeps its work while the leader keeps it, and comes back when it can', async () => {
  const { join, events, configTopic, clock, group } = worker()
  await join(1, { assigned: work('c') })
  configTopic(5n)
  const joining = join(2, { offset: 7n })
  await settled()
  await clock.advance(1200)
  expect(events.slice(1, 4)).toEqual([
    'read for 3000 ms',
    'leave: the config topic could not be read within 3000 ms',
    'read for 3000 ms',
  ])
  expect([group.work(), group.leaderUrl()]).toEqual([work('c'), undefined])
  configTopic(5n, 7n)
  await clock.advance(1200)
  await joining
  expect(events.at(-1)).toBe('rejoin: the config topic was read')
})

test('work is stopped before the leader may give it to others, and the way back is tried after the back-off', async () => {
  const { join, events, given, configTopic, clock } = worker()
  await join(1, { assigned: work('c') })
  configTopic(5n)
  const joining = join(2, { offset: 7n })
  await settled()
  await clock.advance(60_000)
  expect(given.at(-1)).toEqual(noWork)
  const tries = events.length
  await clock.advance(200_000)
  expect(events).toHaveLength(tries)
  configTopic(5n, 7n)
  await clock.advance(300_000)
  await joining
  expect(events.slice(-2)).toEqual(['read for 3000 ms', 'rejoin: the config topic was read'])
})

test('one that is put out ends everything and joins with nothing', async () => {
  const { member, join, told, events, group, clock } = worker()
  await join(1, { assigned: work('c', 0), delay: 1000 })
  await member.lost('frozen')
  expect(events.at(-1)).toBe('lost: frozen')
  expect([group.work(), (await told()).assignment, group.leaderUrl()]).toEqual([noWork, undefined, undefined])
  await clock.advance(5000)
  expect(events.at(-1)).toBe('lost: frozen')
})

test('work that was assigned before the worker was put out does not begin afterwards', async () => {
  const { member, join, events, configTopic } = worker()
  configTopic(3n, 7n)
  const joining = join(1, { assigned: work('c'), offset: 7n })
  await member.lost('frozen')
  await joining
  expect(events.filter((each) => each.startsWith('assigned'))).toEqual([])
})

test('the leader shares the work among all and knows who has it until the next rebalance', async () => {
  const { decide, join, group } = worker({ configured: { connectors: ['c'], tasks: work('c', 0, 1).tasks } })
  const decided = await decide(1, { me: {}, other: {} })
  const all = [...decided.values()].flatMap(({ assigned }) => [...assigned.connectors, ...assigned.tasks])
  expect(all).toHaveLength(3)
  expect(decided.get('me')).toMatchObject({ error: 0, leader: 'me', leaderUrl: 'http://me:8083/', offset: 5n })
  await join(1, { assigned: decided.get('me')?.assigned ?? noWork }, 'me')
  const owners = [0, 1].map((task) => group.ownerUrl({ connector: 'c', task }))
  expect(new Set(owners)).toEqual(new Set(['http://me:8083/', 'http://other:8083/']))
  expect([group.isLeader(), group.ownerUrl('c'), group.ownerUrl('d')]).toEqual([true, expect.any(String), undefined])
  group.rejoin('the test wants it')
  expect([group.isLeader(), group.ownerUrl('c')]).toEqual([false, undefined])
})

test('a leader that is behind another worker reads on, and decides nothing when it cannot', async () => {
  const { decide, events, configTopic, join } = worker({ configured: work('c', 0) })
  configTopic(5n, 9n)
  expect((await decide(1, { me: {}, other: { offset: 9n } })).get('other')).toMatchObject({ error: 0, offset: 9n })
  configTopic(5n)
  const nothing = await decide(2, { me: {}, other: { offset: 9n } })
  expect([...nothing.values()]).toEqual(
    [0, 1].map(() => expect.objectContaining({ error: 1, offset: 9n, assigned: noWork, revoked: noWork })),
  )
  configTopic(5n, 9n)
  await join(2, { error: 1, offset: 9n }, 'me')
  expect(events.slice(-2)).toEqual(['read for 3000 ms', 'rejoin: the leader could not assign anything'])
})

test('work of a worker that is gone waits for it while the same leader decides, and is new to another one', async () => {
  const { decide, join } = worker({ configured: work('c', 0, 1) })
  const first = await decide(1, { me: {}, other: {} })
  const mine = first.get('me')
  if (!mine) throw new Error('nothing was decided for the leader')
  await join(1, mine, 'me')
  const second = await decide(2, { me: { assignment: mine } })
  expect([second.get('me')?.delay, second.get('me')?.assigned]).toEqual([60_000, noWork])
  await join(2, { delay: 60_000 }, 'me')
  // Another was leader in between.
  await join(3)
  const third = await decide(4, { me: { assignment: mine } })
  expect([third.get('me')?.delay, third.get('me')?.assigned]).toEqual([0, first.get('other')?.assigned])
})

test('two workers of one URL are warned about once', async () => {
  const { decide, log } = worker()
  const same = { url: 'http://same:8083/' }
  await decide(1, { me: {}, other: same, third: same })
  await decide(2, { me: {}, other: same, third: same })
  const warnings = log.lines.filter(({ level }) => level === 'warn')
  expect(warnings.map(({ fields }) => fields)).toEqual([{ url: 'http://same:8083/' }])
})

test('who waits for the first rebalance is told when there can be none', async () => {
  const { group, member } = worker()
  member.refused?.(new Error('the group is one of consumers'))
  await expect(group.joined(new AbortController().signal)).rejects.toThrow('the group is one of consumers')
  const other = worker()
  await expect(other.group.joined(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  await other.join(1)
  await other.group.joined(new AbortController().signal)
})

test('is a member from its first work on, through rebalances, until it is put out', async () => {
  const { group, member, join } = worker()
  expect(group.isMember()).toBe(false)
  await join(1)
  expect(group.isMember()).toBe(true)
  member.rebalancing()
  expect(group.isMember()).toBe(true)
  await member.lost('silent for too long')
  expect(group.isMember()).toBe(false)
  await join(3)
  expect(group.isMember()).toBe(true)
  await group.close()
  expect(group.isMember()).toBe(false)
})

test('is no member while it is out because the config topic cannot be read', async () => {
  const { group, join, configTopic } = worker()
  await join(1)
  configTopic(5n)
  const away = join(2, { offset: 9n })
  await settled()
  expect(group.isMember()).toBe(false)
  await group.close()
  await away
})

test('is no member while the coordinator has not answered for longer than the session time-out', async () => {
  const { group, member, join, clock } = worker()
  await join(1)
  member.onUpstream?.({ reachable: false, since: clock.now() })
  await clock.advance(10_000)
  expect(group.isMember()).toBe(true)
  await clock.advance(1)
  expect(group.isMember()).toBe(false)
  member.onUpstream?.({ reachable: true, since: clock.now() })
  expect(group.isMember()).toBe(true)
})
