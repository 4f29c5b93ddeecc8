import type { Duplex } from 'node:stream'
import { type Clock, isRetriable, type Logger, type Revocation, type RevocationLog } from '#api'
import type { HubPort } from '../hub.ts'
import type { GatePeers } from '../peers.ts'
import type { ConnectedProducer } from '../sources.ts'
import { type Answers, answersInTime, createAsking, type Question } from './asking.ts'
import { away } from './calls.ts'
import { createGateSink, type GateSink } from './gate-sink.ts'
import { createGateSource, type GateSource } from './gate-source.ts'
import type { LineLimits } from './line.ts'
import { LinkAwayError, LinkError } from './link-error.ts'
import { createLinkedRevocations } from './linked-revocations.ts'
import { openWorkerLink, type WorkerLink } from './worker-link.ts'

/** A gate's end of its links: what workers publish over them comes to the gate's port as from tasks. */
export interface GateEnd {
  /** Serves the worker at the other end of the stream until either ends it. */
  link(duplex: Duplex, name: string): void
  /** Whether a worker has offered all that it has; once true it stays so. */
  isStarted(): boolean
  /** The workers that are linked and have said who they are, and since when (ms). */
  links(): readonly { readonly worker: string; readonly since: number }[]
  /** The gates of all linked workers. */
  readonly peers: GatePeers
  /** What the workers say is revoked; what is added, which may be tokens only, is stored by one of them. */
  readonly revocations: Pick<RevocationLog, 'all' | 'onChange' | 'add'>
  /** What gates elsewhere answer to one behind this. */
  askOthers(question: Question): Promise<Answers>
  stop(): void
}

export interface GateEndOptions {
  readonly name: string
  readonly port: HubPort
  readonly limits: LineLimits
  readonly clock: Clock
  readonly log: Logger
  /** What gates behind this one answer. */
  behind?(question: Question): Promise<Answers>
}

interface Linked {
  greeted: { readonly worker: string; readonly since: number } | undefined
  readonly sinks: Map<number, GateSink>
  readonly sources: Map<number, GateSource>
}

export function createGateEnd(options: GateEndOptions): GateEnd {
  const { port, clock, log } = options
  const links = new Map<WorkerLink, Linked>()
  const sinks = new Map<string, GateSink>()
  const sources = new Map<string, GateSource>()
  const producers = new Map<string, ConnectedProducer>()
  const revocations = createLinkedRevocations(clock)
  let hasStarted = false

  const sinkOf = (connector: string): GateSink => {
    const sink = sinks.get(connector) ?? createGateSink({ connector, port, clock, log })
    sinks.set(connector, sink)
    return sink
  }
  const sourceOf = (connector: string): GateSource => {
    const source = sources.get(connector) ?? createGateSource({ connector, port, clock, log, producers })
    sources.set(connector, source)
    return source
  }
  /** What was withdrawn. What is only out of reach is kept. */
  const forget = (all: Map<string, GateSink | GateSource>): void => {
    for (const [connector, each] of all) if (!each.isOffered() && !each.isAttached()) all.delete(connector)
  }
  /** What no worker has any more: it was removed while the links were away. */
  const dropOrphans = (): void => {
    for (const all of [sinks, sources]) {
      for (const [connector, each] of all) {
        if (each.isOffered()) continue
        each.detach()
        all.delete(connector)
      }
    }
  }
  const take = (link: WorkerLink, linked: Linked, message: Parameters<TakeMessage>[0]): void => {
    switch (message.t) {
      case 'sink': {
        const sink = sinkOf(message.connector)
        linked.sinks.set(message.sink, sink)
        return sink.offered(link, message)
      }
      case 'begin':
        return linked.sinks.get(message.sink)?.begin(link, message)
      case 'open':
      case 'close':
      case 'ready':
      case 'upstream':
        return linked.sinks.get(message.sink)?.take(link, message.sink, message)
      case 'detach':
        linked.sinks.get(message.sink)?.withdrawn(link, message.sink)
        linked.sinks.delete(message.sink)
        return forget(sinks)
      case 'source': {
        const source = sourceOf(message.connector)
        linked.sources.set(message.source, source)
        return source.offered(link, message)
      }
      case 'sourceUpstream':
        return linked.sources.get(message.source)?.upstream(link, message.source, message.state)
      case 'sourceGone':
        linked.sources.get(message.source)?.withdrawn(link, message.source)
        linked.sources.delete(message.source)
        return forget(sources)
      case 'closeProducer':
        for (const source of sources.values()) source.closeProducer(message.session)
        return
      case 'started':
        hasStarted = true
        return dropOrphans()
      case 'revocations':
      case 'revoked':
      case 'revocationEnded':
        return revocations.take(link, message)
    }
  }
  const askWorkers = async (question: Question, except?: WorkerLink): Promise<Answers> => {
    const asked = [...links.keys()].filter((link) => link !== except)
    const answers = await Promise.all(asked.map((link) => askWorker(link, question)))
    return answers.flat()
  }
  const askWorker = (link: WorkerLink, question: Question): Promise<Answers> =>
    answersInTime((signal) => link.ask((call) => ({ t: 'ask', call, question }), signal), question, clock)
  /** The first worker that can store it does. */
  const add = async ({ of, until, reason }: Revocation): Promise<void> => {
    if (of.kind !== 'token') throw new LinkError('A gate may revoke tokens only.')
    const { token } = of
    let failure: unknown = new LinkAwayError(away)
    for (const link of links.keys()) {
      try {
        await link.ask((call) => ({ t: 'revokeToken', call, token, until, reason }))
        return
      } catch (error) {
        if (!isRetriable(error)) throw error
        failure = error
      }
    }
    throw failure
  }
  const asking = createAsking((question) => askWorkers(question))

  return {
    link(duplex, name) {
      const linked: Linked = { greeted: undefined, sinks: new Map(), sources: new Map() }
      const link = openWorkerLink({
        duplex,
        own: options.name,
        limits: options.limits,
        clock,
        log: log.child({ worker: name }),
        greeted(worker) {
          linked.greeted = { worker, since: clock.now() }
          revocations.linkBegan(link, worker)
        },
        take: (message) => take(link, linked, message),
        batch: (sink, batch) => linked.sinks.get(sink)?.batch(link, sink, batch),
        seeds: (sink, batch) => linked.sinks.get(sink)?.seeds(link, sink, batch),
        answer: async (question) =>
          (await Promise.all([asking.answer(question), options.behind?.(question) ?? []])).flat(),
        closed() {
          links.delete(link)
          revocations.linkEnded(link)
          for (const sink of new Set(linked.sinks.values())) sink.linkEnded(link)
          for (const source of new Set(linked.sources.values())) source.linkEnded(link)
        },
      })
      links.set(link, linked)
    },
    isStarted: () => hasStarted,
    links: () => [...links.values()].flatMap(({ greeted }) => greeted ?? []),
    peers: asking.peers,
    revocations: { all: revocations.all, onChange: revocations.onChange, add },
    askOthers: (question) => askWorkers(question),
    stop() {
      for (const link of links.keys()) link.close('The gate ends.')
    },
  }
}

type TakeMessage = Parameters<typeof openWorkerLink>[0]['take']
