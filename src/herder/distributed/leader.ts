import type { Clock, Logger } from '#api'
import type { GroupToAssign } from '../../kafka/index.ts'
import type { ConfigState } from '../../storage/index.ts'
import type { TaskId } from '../herder.ts'
import { type AssignorMemory, assignWork, noMemory } from './assignor.ts'
import type { Assignment, Work, WorkerState } from './connect-protocol.ts'
import { decodeWorkerState, encodeAssignment } from './protocol-codec.ts'

export interface LeaderOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly maxDelayMs: number
  /** The config topic, read up to this offset at least; undefined when that takes too long. */
  readUpTo(offset: bigint): Promise<ConfigState | undefined>
  configured(state: ConfigState): Work
}

/** What this worker does when the coordinator makes it leader. */
export interface Leader {
  /** The bytes for each member. `lastGeneration`: the last whose decision has reached this worker; -1: none. */
  decide(group: GroupToAssign, lastGeneration: number): Promise<ReadonlyMap<string, Buffer>>
  /** By the decision of this generation; undefined when it is another's or nobody has it. */
  ownerUrl(generation: number, what: string | TaskId): string | undefined
  /** All members by the decision of this generation. */
  workerUrls(generation: number): readonly string[] | undefined
  /** Another is leader: what is remembered of one's own time is out of date. */
  resign(): void
}

/** Tells the members why nothing was decided: the leader or they have to read on in the config topic. */
const configMismatch = 1

const noWork: Work = { connectors: [], tasks: [] }

export function createLeader(options: LeaderOptions): Leader {
  const { clock, log } = options
  let memory: AssignorMemory = noMemory
  let owners:
    | { readonly generation: number; readonly urls: ReadonlyMap<string, string>; readonly workers: readonly string[] }
    | undefined
  let sameUrl = new Set<string>()

  function warnOfSameUrl(members: ReadonlyMap<string, WorkerState>): void {
    const urls = [...members.values()].map(({ url }) => url)
    const twice = new Set(urls.filter((url, index) => urls.indexOf(url) !== index))
    for (const url of twice)
      if (!sameUrl.has(url))
        log.warn(
          { url },
          'several workers advertise the same URL: requests for one reach another (rest.advertised.host.name, rest.advertised.port)',
        )
    sameUrl = twice
  }

  return {
    async decide({ generation, leaderId, members: told }, lastGeneration) {
      const members = new Map(told.map(({ memberId, metadata }) => [memberId, decodeWorkerState(metadata)]))
      warnOfSameUrl(members)
      const highest = [...members.values()].reduce((max, { offset }) => (offset > max ? offset : max), -1n)
      const leaderUrl = members.get(leaderId)?.url ?? ''
      const nothing: Assignment = {
        error: configMismatch,
        leader: leaderId,
        leaderUrl,
        offset: highest,
        assigned: noWork,
        revoked: noWork,
        delay: 0,
      }
      const state = await options.readUpTo(highest)
      if (!state) {
        log.warn(
          { offset: highest },
          'the config topic could not be read as far as another worker has it; nothing is assigned',
        )
        return mapped(members, () => encodeAssignment(nothing))
      }
      const running = mapped(members, ({ assignment }) => assignment?.assigned ?? noWork)
      const { maxDelayMs } = options
      const input = { configured: options.configured(state), members: running, generation, lastGeneration, maxDelayMs }
      const result = assignWork({ ...input, urls: mapped(members, ({ url }) => url), now: clock.now() }, memory)
      memory = result.memory
      const workers = [...new Set([...members.values()].map(({ url }) => url))]
      owners = { generation, urls: ownersOf(result.assigned, members), workers }
      const { delay } = result
      return mapped(members, (_, memberId) => {
        const assigned = result.added.get(memberId) ?? noWork
        const revoked = result.revoked.get(memberId) ?? noWork
        return encodeAssignment({ ...nothing, error: 0, offset: state.offset, assigned, revoked, delay })
      })
    },
    ownerUrl: (generation, what) => (owners?.generation === generation ? owners.urls.get(keyOf(what)) : undefined),
    workerUrls: (generation) => (owners?.generation === generation ? owners.workers : undefined),
    resign() {
      memory = noMemory
      owners = undefined
    },
  }
}

const keyOf = (what: string | TaskId): string => (typeof what === 'string' ? what : `${what.connector}\n${what.task}`)

const ownersOf = (assigned: ReadonlyMap<string, Work>, members: ReadonlyMap<string, WorkerState>) =>
  new Map(
    [...assigned].flatMap(([memberId, { connectors, tasks }]) =>
      [...connectors, ...tasks].map((what): [string, string] => [keyOf(what), members.get(memberId)?.url ?? '']),
    ),
  )

const mapped = <A, B>(map: ReadonlyMap<string, A>, to: (value: A, key: string) => B): Map<string, B> =>
  new Map([...map].map(([key, value]) => [key, to(value, key)]))
