import type { Clock, Logger } from '#api'
import { messageOf } from '#api'
import { type BackoffOptions, backoffDelay } from '../util/backoff.ts'
import type { Coordinator } from './group-coordinator.ts'
import { CallerError, givenMemberId, groupFailure } from './group-errors.ts'
import { farewell, unlessLeft } from './group-farewell.ts'
import { createGate } from './group-gate.ts'
import { keepAlive } from './group-heartbeats.ts'
import { heartbeat, type JoinAnswer, joinGroup, leaveGroup, syncGroup } from './group-requests.ts'
import type { ProtocolCall } from './internals.ts'
import type { GroupJoined, GroupMember, GroupMemberOptions, GroupProtocol } from './ports.ts'
import { upstreamTeller } from './upstream.ts'

export interface GroupMemberDeps {
  readonly coordinator: Coordinator
  /** Between two tries while the coordinator does not answer. */
  readonly backoff: BackoffOptions
  /** What TLS or SASL refused, in words. */
  explain(error: unknown): unknown
  readonly log: Logger
  readonly clock: Clock
}

type Protocols = readonly GroupProtocol[]

/**
 * One loop: join, decide when leader, sync, `joined`, and heartbeats from the join on until the next one. While a join or sync is pending there are no
 * heartbeats: the coordinator counts who waits there as alive, and answers nothing else over that connection.
 */
export function startGroupMember(deps: GroupMemberDeps, options: GroupMemberOptions): GroupMember {
  const { coordinator, clock } = deps
  const { groupId, heartbeatMs, sessionTimeoutMs, rebalanceTimeoutMs } = options
  const log = deps.log.child({ group: groupId })
  const closing = new AbortController()
  const gate = createGate(closing.signal)
  const upstream = upstreamTeller(clock, options.onUpstream)
  let memberId = ''
  let isOut = false
  let isRejoinWanted = false
  /** What `joined` told last. */
  let present: GroupJoined | undefined
  /** `rebalancing` was called and `joined` not since. */
  let isRebalancing = false
  /** The last `joined` that was begun. */
  let busy: Promise<void> = Promise.resolve()
  /** A first join, which is answered with a member id at once. */
  let introducing: Promise<unknown> = Promise.resolve()
  let closed: Promise<void> | undefined

  function want(reason: string): void {
    isRejoinWanted = true
    begin(reason)
    gate.open()
  }

  function begin(reason: string): void {
    if (isRebalancing) return
    isRebalancing = true
    log.info({ reason }, 'the group rebalances')
    options.rebalancing()
  }

  async function run(): Promise<void> {
    let protocols: Protocols | undefined
    for (let attempt = 0; !closing.signal.aborted; ) {
      try {
        if (isOut) await gate.opened(() => !isOut)
        const asked: Protocols | undefined = protocols
        protocols = undefined
        protocols = await oneGeneration(asked ?? (await nextProtocols()), () => (attempt = 0))
      } catch (error) {
        if (closing.signal.aborted) return
        const kind = groupFailure(error)
        if (kind === 'lost') await putOut(error)
        else if (kind === 'rebalance') want('the coordinator said so')
        else await interrupted(error, attempt++)
      }
    }
  }

  /** What is wanted from here on is one further rebalance. */
  function nextProtocols(): Promise<Protocols> {
    isRejoinWanted = false
    return unlessClosed(options.protocols())
  }

  /** From a join to the moment when the next one is wanted; gives what to join with then, unless the group was left. */
  async function oneGeneration(protocols: Protocols, succeeded: () => void): Promise<Protocols | undefined> {
    const group = await join(protocols)
    if (!group) return undefined
    const id = memberId
    const isLeft = () => isOut || id !== memberId
    const over = new AbortController()
    let isSyncing = false
    const beating = keepAlive({
      clock,
      everyMs: heartbeatMs,
      sessionTimeoutMs,
      signal: over.signal,
      isOver: () => over.signal.aborted || closing.signal.aborted || id !== memberId,
      isHeld: () => isSyncing,
      beat: () => coordinator.ask(heartbeat({ groupId, memberId: id, groupGenerationId: group.generationId })),
      answered: upstream.answered,
      onRebalance: () => want('the coordinator said so'),
      interrupted: (error, attempt) => interrupted(error, attempt, over.signal),
    })
    const failing = new Promise<never>((_, reject) => void beating.catch(reject))
    try {
      const next = await Promise.race([settle(group), failing])
      over.abort()
      // The heartbeat that is under way may bring bad news.
      await beating
      return next
    } finally {
      over.abort()
    }

    async function settle(joined: JoinAnswer): Promise<Protocols | undefined> {
      const { groupProtocol: protocol, generationId: generation, leaderId } = joined
      const groupAssignment = leaderId === id ? await decide(joined) : []
      if (isLeft()) return undefined
      isSyncing = true
      const request = { groupId, memberId: id, generationId: generation, groupAssignment }
      const synced = await unlessLeft(coordinator.ask(syncGroup(request, rebalanceTimeoutMs)), isLeft)
      isSyncing = false
      if (!synced) return undefined
      succeeded()
      isRebalancing = false
      log.debug({ generation, memberId: id, leaderId }, 'joined the group')
      await handOn({ protocol, generation, memberId: id, leaderId, assignment: synced.memberAssignment })
      await gate.opened(() => isRejoinWanted || isLeft())
      if (isLeft()) return undefined
      begin('it was asked for')
      return nextProtocols()
    }
  }

  /** Undefined when the group was left meanwhile. */
  async function join(groupProtocols: Protocols): Promise<JoinAnswer | undefined> {
    const { protocolType } = options
    const request = { groupId, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: rebalanceTimeoutMs, protocolType }
    if (memberId === '') await introduce(joinGroup({ ...request, memberId, groupProtocols }))
    const id = memberId
    if (isOut || id === '' || closing.signal.aborted) return undefined
    const isLeft = () => isOut || id !== memberId
    const group = await unlessLeft(coordinator.ask(joinGroup({ ...request, memberId: id, groupProtocols })), isLeft)
    if (group) upstream.answered()
    return group
  }

  /** Gets a member id, which the coordinator gives at once. */
  async function introduce(call: ProtocolCall<JoinAnswer>): Promise<void> {
    const asked = coordinator.ask(call)
    introducing = asked.catch((error: unknown) => {
      memberId = givenMemberId(error) ?? ''
    })
    await introducing
    if (memberId === '') await asked
    upstream.answered()
    if (isOut) await sayGoodbye()
  }

  async function decide(group: JoinAnswer) {
    const members = group.members.map((each) => ({ memberId: each.memberId, metadata: each.memberMetadata }))
    const { groupProtocol: protocol, generationId: generation, leaderId } = group
    const decided = await unlessClosed(options.assign({ protocol, generation, leaderId, members }))
    return [...decided].map(([to, memberAssignment]) => ({ memberId: to, memberAssignment }))
  }

  async function handOn(group: GroupJoined): Promise<void> {
    present = group
    const working = options.joined(group)
    busy = working.catch(() => undefined)
    await unlessClosed(working)
  }

  async function interrupted(error: unknown, attempt: number, signal: AbortSignal = closing.signal): Promise<void> {
    const kind = groupFailure(error)
    const told = deps.explain(error)
    const reason = messageOf(told)
    if (kind === 'refused') {
      log.error({ error: reason }, 'the group cannot be joined')
      options.refused?.(told)
    } else if (kind === 'caller') log.warn({ error: reason }, 'a rebalance failed on this worker and is tried again')
    else {
      coordinator.forget()
      if (attempt > 0) upstream.failed(log, reason)
    }
    // A refusal ends when someone has changed something.
    await clock.sleep(backoffDelay(kind === 'refused' ? attempt + 10 : attempt, deps.backoff), signal)
  }

  async function putOut(error: unknown): Promise<void> {
    memberId = ''
    gate.open()
    if (isOut) return
    const reason = messageOf(error)
    log.warn({ reason }, 'this member was put out of the group and joins anew')
    isRebalancing = true
    await unlessClosed(options.lost(reason))
    await unlessClosed(busy)
  }

  async function sayGoodbye(): Promise<void> {
    const leaving = async () => {
      await introducing
      if (memberId === '') return
      const id = memberId
      memberId = ''
      gate.open()
      await coordinator.askAside(leaveGroup({ groupId, memberId: id }))
    }
    await farewell(leaving(), log, clock)
  }

  async function confirm(): Promise<boolean> {
    const asked = present
    const isIn = (): boolean => asked === present && asked?.memberId === memberId && !isRebalancing && !isOut
    if (!asked || !isIn()) return false
    try {
      // A rebalance may begin meanwhile, whose answers are held back.
      await coordinator.askAside(heartbeat({ groupId, memberId, groupGenerationId: asked.generation }))
    } catch (error) {
      const kind = groupFailure(error)
      if (kind === 'lost' || kind === 'rebalance') return false
      throw error
    }
    return isIn()
  }

  /** What a callback still does does not hold up the end. */
  const unlessClosed = <T>(work: Promise<T>): Promise<T> =>
    gate.unlessClosed(
      work.catch((error: unknown) => {
        throw new CallerError(messageOf(error), { cause: error })
      }),
    )

  const running = run()

  return {
    rejoin(reason) {
      if (closing.signal.aborted) return
      isOut = false
      want(reason)
    },
    confirm,
    async leave(reason) {
      if (isOut || closing.signal.aborted) return
      log.info({ reason }, 'leaving the group')
      isOut = true
      await sayGoodbye()
    },
    close() {
      closed ??= (async () => {
        closing.abort()
        await sayGoodbye()
        await coordinator.close()
        await running
      })()
      return closed
    },
  }
}
