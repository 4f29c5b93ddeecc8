import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Clock, Logger, Revocation, RevocationLog } from '#api'
import { revocationId } from '../../util/revocation-id.ts'
import { checkAttachment, checkBounds, complaintsOf } from '../attach-check.ts'
import { type Pattern, parsePattern, templatePattern } from '../channels.ts'
import type { HubPort } from '../hub.ts'
import { createReadBudget, type ReadBudget } from '../past/read-budget.ts'
import type { GatePeers } from '../peers.ts'
import type { NamespaceSettings } from '../settings.ts'
import { type Answers, type Asking, createAsking, maxFrom, type Question } from './asking.ts'
import { type GateLink, type OfferedSource, openGateLink, type RevokeToken } from './gate-link.ts'
import type { LineLimits } from './line.ts'
import { LinkError } from './link-error.ts'
import { createKnownProducers } from './producer-sessions.ts'
import { createOfferedSink, type OfferedSink } from './sink-offer.ts'

/** The worker's end of its links: a port for the tasks, carried to gates in other processes. */
export interface WorkerEnd {
  readonly name: string
  readonly port: HubPort
  /** Serves the gate at the other end of the stream until either ends it. All workers are to name a gate the same. */
  link(duplex: Duplex, gate: string, events?: LinkEvents): GateLink
  /** All declared connectors were started. */
  started(): void
  /** All other gates, for a gate in this process. */
  readonly peers: GatePeers
  /** What is read back for the gates behind the links, and for one in this process. */
  readonly readBudget: ReadBudget
  /** What the gates behind the links, and in this process, answer to one elsewhere. */
  answer(question: Question): Promise<Answers>
  /** Ends all links. */
  stop(): void
}

export interface LinkEvents {
  closed?(reason: Error): void
}

export interface WorkerEndOptions {
  /** Tells this worker from others, in logs and positions of streams. */
  readonly name: string
  readonly namespaces: Readonly<Record<string, NamespaceSettings>>
  readonly limits: LineLimits
  /** How much (bytes a second) is read back for all gates together; 0: no bound. */
  readonly readBytesPerS: number
  readonly clock: Clock
  readonly log: Logger
  /** Asks the gates of other workers. */
  askOthers?(question: Question): Promise<Answers>
  /** What gates hear of, and may add tokens to; absent: nothing is ever revoked. */
  readonly revocations?: Pick<RevocationLog, 'all' | 'onChange' | 'add'>
}

/** How long (ms) other gates may take to hear that one is gone. */
const goneMs = 1000

interface Attached<T> {
  readonly connector: string
  readonly patterns: readonly Pattern[]
  readonly offered: T
}

export function createWorkerEnd(options: WorkerEndOptions): WorkerEnd {
  const { name, namespaces, clock, log } = options
  const links = new Set<GateLink>()
  const sinks = new Map<number, Attached<OfferedSink>>()
  const sources = new Map<number, Attached<OfferedSource>>()
  const producers = createKnownProducers()
  const readBudget = createReadBudget(options.readBytesPerS, clock)
  let last = 0
  let hasStarted = false
  let hasStopped = false

  const port: HubPort = {
    complaints: (declared) => complaintsOf(declared, namespaces),
    attachSink(attachment) {
      const { connector } = attachment
      const patterns = attachment.templates.map(templatePattern)
      const former = checkAttachment({ connector, patterns }, sinks.values(), namespaces)
      checkBounds(attachment, patterns, namespaces)
      for (const { offered } of former) offered.feed.detach()
      const id = ++last
      const onDetached = (): void => {
        sinks.delete(id)
        for (const link of links) link.send({ t: 'detach', sink: id })
      }
      const offered = createOfferedSink({ id, name: `${name}.${id}`, attachment, clock, onDetached })
      sinks.set(id, { connector, patterns, offered })
      for (const link of links) link.send(offered.offer(true))
      return offered.feed
    },
    attachSource(attachment) {
      const { connector } = attachment
      const patterns = attachment.channels.map(parsePattern)
      const former = checkAttachment({ connector, patterns }, sources.values(), namespaces)
      for (const { offered } of former) remove(offered.id)
      const id = ++last
      const offered: OfferedSource = { id, attachment, patterns, upstream: undefined }
      sources.set(id, { connector, patterns, offered })
      for (const link of links) link.offerSource(offered)
      return {
        closeProducer(session) {
          for (const link of links) link.send({ t: 'closeProducer', session })
        },
        upstream(state) {
          offered.upstream = state
          for (const link of links) link.send({ t: 'sourceUpstream', source: id, state })
        },
        detach: () => remove(id),
      }
    },
  }
  const remove = (id: number): void => {
    if (!sources.delete(id)) return
    for (const link of links) link.send({ t: 'sourceGone', source: id })
  }

  const revoked = (): readonly Revocation[] => options.revocations?.all() ?? []
  const endTelling = options.revocations?.onChange((change) => {
    for (const link of links) link.revoked(change)
  })
  const revokeToken = async ({ token, until, reason }: RevokeToken): Promise<void> => {
    if (!options.revocations) throw new LinkError('This worker keeps no revocations.')
    const of = { kind: 'token', token } as const
    const ends = until === undefined ? {} : { until }
    await options.revocations.add({
      id: revocationId(of),
      of,
      at: clock.now(),
      ...ends,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  const askLinks = async (question: Question, except?: GateLink): Promise<Answers> => {
    const asked = [...links].filter((link) => link !== except).map((link) => link.ask(question))
    return (await Promise.all(asked)).flat()
  }
  const askAll = async (question: Question, except?: GateLink): Promise<Answers> => {
    const others = options.askOthers?.(question) ?? Promise.resolve([])
    return (await Promise.all([askLinks(question, except), others])).flat()
  }
  const asking: Asking = createAsking((question) => askAll(question), [name])
  const answer = async (question: Question, ask: (question: Question) => Promise<Answers>): Promise<Answers> =>
    (await Promise.all([asking.answer(question), ask(question)])).flat()

  const tellGone = async (gate: string): Promise<void> => {
    try {
      await answer({ id: randomUUID(), what: 'gone', body: '', timeoutMs: goneMs, from: [gate] }, (told) =>
        askAll(told),
      )
    } catch (error) {
      log.warn({ gate, err: error }, 'other gates not told that a gate is gone')
    }
  }

  return {
    name,
    port,
    link(duplex, gate, events = {}) {
      const link = openGateLink({
        duplex,
        name: gate,
        own: name,
        limits: options.limits,
        producers,
        readBudget,
        clock,
        log: log.child({ gate }),
        sink: (id) => sinks.get(id)?.offered,
        source: (id) => sources.get(id)?.offered,
        offers() {
          for (const { offered } of sinks.values()) link.send(offered.offer(false))
          for (const { offered } of sources.values()) link.offerSource(offered)
          if (hasStarted) link.started(revoked())
        },
        drained() {
          for (const { offered } of sinks.values()) offered.goOn(link.line)
        },
        asked(question) {
          const from = [gate, ...question.from].slice(0, maxFrom)
          return answer({ ...question, from }, (asked) => askAll(asked, link))
        },
        revokeToken,
        toldProducer(tell) {
          for (const { connector, offered } of sources.values()) {
            try {
              tell(offered.attachment)
            } catch (error) {
              log.error({ connector, err: error }, 'source failed to hear of a producer')
            }
          }
        },
        closed(reason) {
          links.delete(link)
          if (!hasStopped) void tellGone(gate)
          for (const { offered } of sinks.values()) offered.leave(link.line)
          events.closed?.(reason)
        },
      })
      links.add(link)
      return link
    },
    started() {
      hasStarted = true
      for (const link of links) link.started(revoked())
    },
    peers: asking.peers,
    readBudget,
    answer: (question) => answer(question, askLinks),
    stop() {
      hasStopped = true
      endTelling?.()
      for (const link of links) link.close('The worker ends.')
      for (const back of producers.outOfSight.values()) back.abort()
    },
  }
}
