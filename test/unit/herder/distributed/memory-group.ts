import type { Work } from '../../../../src/herder/distributed/connect-protocol.ts'
import type { WorkerGroup, WorkerGroupOptions } from '../../../../src/herder/distributed/worker-group.ts'
import type { TaskId } from '../../../../src/herder/index.ts'

interface Member {
  readonly options: WorkerGroupOptions
  work: Work
}

/** Which of the workers, by number, gets a connector or a task. */
export type Place = (what: string | TaskId, workers: number) => number

/** What Kafka's coordinator and the workers' leader do, in memory: the first member leads, and work goes where a test says. */
export interface MemoryGroup {
  readonly create: (options: WorkerGroupOptions) => WorkerGroup
  /** Why rebalances were asked for. */
  readonly rejoins: string[]
  place: Place
  /** The first member leads no longer; it does not hear of it, as one that was frozen. */
  depose(): Promise<void>
  /** The coordinator puts a worker out, and nobody else hears of it yet. */
  lose(worker: number): Promise<void>
  /** Holds rebalances up until what it returns is called. */
  hold(): () => void
}

export function createMemoryGroup(): MemoryGroup {
  const members: Member[] = []
  const rejoins: string[] = []
  const spread: Place = (what, workers) => (typeof what === 'string' ? 0 : what.task % workers)
  let generation = -1
  let isPending = false
  let isRebalancing = false
  let frozen: Member | undefined
  let held: Promise<void> | undefined

  async function rebalance(): Promise<void> {
    isPending = false
    const [leader] = members
    if (!leader) return
    isRebalancing = true
    await held
    const configured = leader.options.configured(leader.options.config())
    generation++
    for (const member of members) {
      const isHere = (what: string | TaskId) => members[group.place(what, members.length)] === member
      member.work = { connectors: configured.connectors.filter(isHere), tasks: configured.tasks.filter(isHere) }
    }
    isRebalancing = false
    const present = generation
    await Promise.all(
      members.map((member) =>
        member.options.assigned(member.work, { isLeader: member === leader, generation: present }),
      ),
    )
  }

  let turn: Promise<void> = Promise.resolve()
  function ask(reason: string): void {
    rejoins.push(reason)
    if (isPending) return
    isPending = true
    turn = turn.then(rebalance)
  }

  const group: MemoryGroup = {
    rejoins,
    place: spread,
    create(options) {
      const member: Member = { options, work: { connectors: [], tasks: [] } }
      members.push(member)
      ask('joined')
      const leads = () => member === frozen || (members[0] === member && !isRebalancing && generation >= 0)
      return {
        generation: () => generation,
        isLeader: leads,
        confirmLeader: async () => member !== frozen && leads(),
        leaderUrl: () => (isRebalancing || generation < 0 ? undefined : members[0]?.options.url),
        isRebalancing: () => isRebalancing || generation < 0,
        isMember: () => members.includes(member) && generation >= 0,
        workerUrls: () => (leads() ? members.map(({ options: { url } }) => url) : undefined),
        ownerUrl: (what) => (leads() ? members[group.place(what, members.length)]?.options.url : undefined),
        work: () => member.work,
        rejoin(reason) {
          if (member !== frozen) return ask(reason)
          rejoins.push(reason)
        },
        joined: async () => {},
        async close() {
          if (members.includes(member)) members.splice(members.indexOf(member), 1)
        },
      }
    },
    async depose() {
      frozen = members.shift()
      ask('the leader is gone')
      await turn
    },
    async lose(worker) {
      const member = members[worker]
      if (!member) return
      member.work = { connectors: [], tasks: [] }
      await member.options.lost('it was silent for too long')
    },
    hold() {
      let release = () => {}
      held = new Promise((resolve) => {
        release = resolve
      })
      ask('held')
      return release
    },
  }
  return group
}
