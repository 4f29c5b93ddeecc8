import { expect, inject, onTestFinished, test } from 'vitest'
import type { Work } from '../../src/herder/distributed/connect-protocol.ts'
import { createWorkerGroup } from '../../src/herder/distributed/worker-group.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import type { ConfigState } from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { newGroup } from '../support/group-members.ts'
import { quietLog } from '../support/quiet.ts'

const names = Array.from({ length: 20 }, (_, index) => `c${String(index).padStart(2, '0')}`)
/** Twenty connectors with forty tasks. */
const configured: Work = {
  connectors: names,
  tasks: names.flatMap((connector) => [0, 1].map((task) => ({ connector, task }))),
}
const state: ConfigState = { offset: 1n, sessionKey: undefined, connectors: new Map() }

const idsOf = ({ connectors, tasks }: Work): string[] => [
  ...connectors,
  ...tasks.map(({ connector, task }) => `${connector}-${task}`),
]
const all = idsOf(configured).toSorted()

function worker(groupId: string, name: string) {
  const kafka = createKafkaClient({
    bootstrapServers: [inject('kafka')],
    clientId: name,
    log: quietLog,
    clock: systemClock,
  })
  const running = new Set<string>()
  const begun: string[] = []
  const ended: string[] = []
  const group = createWorkerGroup({
    kafka,
    settings: {
      'group.id': groupId,
      'session.timeout.ms': 6000,
      'heartbeat.interval.ms': 100,
      'rebalance.timeout.ms': 20_000,
      'scheduled.rebalance.max.delay.ms': 500,
      'worker.sync.timeout.ms': 3000,
      'worker.unsync.backoff.ms': 1000,
    },
    clock: systemClock,
    log: quietLog,
    url: `http://${name}:8083/`,
    config: () => state,
    refreshConfig: async () => state,
    configured: () => configured,
    async assigned(work) {
      const wanted = new Set(idsOf(work))
      for (const id of running) {
        if (wanted.has(id)) continue
        running.delete(id)
        ended.push(id)
      }
      for (const id of wanted) {
        if (running.has(id)) continue
        running.add(id)
        begun.push(id)
      }
    },
    async lost() {
      running.clear()
    },
  })
  onTestFinished(async () => {
    await group.close()
    await kafka.close()
  })
  return { name, group, running, begun, ended }
}

type Worker = ReturnType<typeof worker>

/** Waits until everything runs once and no worker has more than its share. */
const spread = (...workers: readonly Worker[]) =>
  eventually(
    () => {
      const share = Math.ceil(names.length / workers.length) + Math.ceil((2 * names.length) / workers.length)
      const ids = workers.flatMap(({ running }) => [...running]).toSorted()
      const isSettled = workers.every(({ group }) => !group.isRebalancing())
      return isSettled && ids.join() === all.join() && workers.every(({ running }) => running.size <= share)
    },
    { what: `all work on ${workers.map(({ name }) => name).join(', ')}` },
  )

test('workers that come and go move only what must move, and know their leader and who has what', async () => {
  const groupId = newGroup()
  const a = worker(groupId, 'a')
  await a.group.joined(AbortSignal.timeout(15_000))
  await spread(a)
  const b = worker(groupId, 'b')
  await spread(a, b)
  const c = worker(groupId, 'c')
  await spread(a, b, c)
  // What came to the new ones is all that the old ones gave up, each piece once.
  expect(a.begun.toSorted()).toEqual(all)
  expect(a.ended).toHaveLength(all.length - a.running.size)
  expect(b.ended.length + b.running.size).toBe(b.begun.length)
  expect(c.ended).toEqual([])
  const workers = [a, b, c]
  expect(new Set(workers.map(({ group }) => group.leaderUrl())).size).toBe(1)
  const leader = workers.find(({ group }) => group.isLeader())
  expect(leader && `http://${leader.name}:8083/`).toBe(a.group.leaderUrl())
  for (const { name, group } of workers) {
    for (const { connector, task } of group.work().tasks)
      expect(leader?.group.ownerUrl({ connector, task })).toBe(`http://${name}:8083/`)
  }
  const kept = workers.map(({ running }) => new Set(running))
  const goer = leader ?? a
  const stayers = workers.filter((each) => each !== goer)
  const endedBefore = stayers.map(({ ended }) => ended.length)
  goer.running.clear()
  await goer.group.close()
  await spread(...stayers)
  // Nothing that ran on those who stayed was touched.
  expect(stayers.map(({ ended }) => ended.length)).toEqual(endedBefore)
  for (const each of stayers) {
    const before = kept[workers.indexOf(each)] ?? new Set()
    expect([...before].filter((id) => !each.running.has(id))).toEqual([])
  }
})
