import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { inject, onTestFinished } from 'vitest'
import type { Clock } from '../../src/api/index.ts'
import { createKafkaClient, type GroupJoined, type GroupMember, type GroupToAssign } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from './eventually.ts'
import { quietLog } from './quiet.ts'

export const bootstrapServers = [inject('kafka')]
/** The least that the broker takes. */
export const sessionTimeoutMs = 6000

interface Watched extends GroupMember {
  readonly name: string
  readonly joins: GroupJoined[]
  readonly decisions: GroupToAssign[]
  readonly losses: string[]
  rebalances(): number
  last(): GroupJoined | undefined
}

interface Habits {
  readonly clock?: Clock
  readonly servers?: readonly string[]
  readonly onUpstream?: (state: { reachable: boolean }) => void
  readonly refused?: (error: unknown) => void
  readonly protocolType?: string
  assign?(group: GroupToAssign): Promise<void>
  joined?(group: GroupJoined): Promise<void>
}

export function member(groupId: string, name: string, habits: Habits = {}): Watched {
  const kafka = createKafkaClient({
    bootstrapServers: habits.servers ?? bootstrapServers,
    clientId: name,
    log: quietLog,
    clock: habits.clock ?? systemClock,
  })
  const joins: GroupJoined[] = []
  const decisions: GroupToAssign[] = []
  const losses: string[] = []
  let rebalances = 0
  let asked = 0
  const own = kafka.groupMember({
    groupId,
    clientId: name,
    protocolType: habits.protocolType ?? 'connect',
    sessionTimeoutMs,
    heartbeatMs: 100,
    rebalanceTimeoutMs: 20_000,
    async protocols() {
      // Another one each time: the coordinator answers a follower whose metadata are the same with the generation that it has.
      return [{ name: 'sessioned', metadata: Buffer.from(`${name}#${asked++}`) }]
    },
    async assign(group) {
      await habits.assign?.(group)
      decisions.push(group)
      const nameOf = (metadata: Buffer) => metadata.toString().replace(/#.*/, '')
      const names = group.members.map(({ metadata }) => nameOf(metadata)).toSorted()
      return new Map(
        group.members.map(({ memberId, metadata }) => [
          memberId,
          Buffer.from(JSON.stringify({ to: nameOf(metadata), names })),
        ]),
      )
    },
    async joined(group) {
      joins.push(group)
      await habits.joined?.(group)
    },
    rebalancing: () => void rebalances++,
    async lost(reason) {
      losses.push(reason)
    },
    onUpstream: habits.onUpstream,
    refused: habits.refused,
  })
  onTestFinished(async () => {
    await own.close()
    await kafka.close()
  })
  return Object.assign(own, {
    name,
    joins,
    decisions,
    losses,
    rebalances: () => rebalances,
    last: () => joins.at(-1),
  })
}

/** The name of a group that is deleted when the test and its members have ended. */
export function newGroup(): string {
  const groupId = `member-test-${randomUUID()}`
  onTestFinished(async () => {
    const kafka = createKafkaClient({ bootstrapServers, clientId: 'test', log: quietLog, clock: systemClock })
    await kafka.deleteGroup(groupId)
    await kafka.close()
  })
  return groupId
}

export const told = (group: GroupJoined | undefined) =>
  group && (JSON.parse(group.assignment.toString()) as { to: string; names: string[] })

/** Waits until all are in one generation with exactly each other. */
export async function together(...members: readonly Watched[]): Promise<GroupJoined[]> {
  const names = members.map(({ name }) => name).toSorted()
  return eventually(
    () => {
      const last = members.map((each) => each.last())
      const isOne = new Set(last.map((each) => each?.generation)).size === 1
      return isOne && last.every((each) => JSON.stringify(told(each)?.names) === JSON.stringify(names))
        ? last.flatMap((each) => each ?? [])
        : false
    },
    { what: `one generation of ${names.join(', ')}` },
  )
}

export async function describeGroup(groupId: string) {
  const admin = new kafkajs.Kafka({ brokers: bootstrapServers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  try {
    const { groups } = await admin.describeGroups([groupId])
    return groups[0]
  } finally {
    await admin.disconnect()
  }
}

export function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

/** A clock on which nobody wakes while it is frozen: what a stopped process sees of time. */
export function freezable() {
  let ice: ReturnType<typeof gate> | undefined
  const thawed = async () => ice?.opened
  const clock: Clock = {
    now: systemClock.now,
    async sleep(ms, signal) {
      await systemClock.sleep(ms, signal)
      await thawed()
    },
  }
  return {
    clock,
    thawed,
    freeze() {
      ice = gate()
    },
    thaw() {
      ice?.open()
      ice = undefined
    },
  }
}

/** A clock that counts the waits between two heartbeats that were waited out. */
export function counting() {
  let heartbeats = 0
  const clock: Clock = {
    now: systemClock.now,
    async sleep(ms, signal) {
      await systemClock.sleep(ms, signal)
      if (ms === 100 && !signal?.aborted) heartbeats++
    },
  }
  return {
    clock,
    heartbeats: () => heartbeats,
    reset() {
      heartbeats = 0
    },
  }
}
