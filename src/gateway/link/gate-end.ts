import type { Duplex } from 'node:stream'
import type { Clock, Logger } from '#api'
import type { HubPort } from '../hub.ts'
import type { GatePeers } from '../peers.ts'
import type { ConnectedProducer } from '../sources.ts'
import { type Answers, createAsking, type Question } from './asking.ts'
import { away } from './calls.ts'
import { createGateSink, type GateSink } from './gate-sink.ts'
import { createGateSource, type GateSource } from './gate-source.ts'
import type { LineLimits } from './line.ts'
import { LinkAwayError } from './link-error.ts'
import { openWorkerLink, type WorkerLink } from './worker-link.ts'

/** A gate's end of its links: what workers publish over them comes to the gate's port as from tasks. */
export interface GateEnd {
  /** Serves the worker at the other end of the stream until either ends it. */
  link(duplex: Duplex, name: string): void
  /** Whether a worker has offered all that it has; once true it stays so. */
  isStarted(): boolean
  /** How many workers are linked. */
  workers(): number
  /** The gates of all linked workers. */
  readonly peers: GatePeers
  /** Says it to all linked workers. */
  tell(name: string, body: unknown): void
  /** Has a linked worker do it. Rejects with `LinkAwayError` when there is none. */
  request(name: string, body: unknown): Promise<unknown>
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
  /** A worker spoke. */
  told?(name: string, body: unknown): void
}

interface Linked {
  readonly sinks: Map<number, GateSink>
  readonly sources: Map<number, GateSource>
}

export function createGateEnd(options: GateEndOptions): GateEnd {
  const { port, clock, log } = options
  const links = new Map<WorkerLink, Linked>()
  const sinks = new Map<string, GateSink>()
  const sources = new Map<string, GateSource>()
  const producers = new Map<string, ConnectedProducer>()
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
      case 'tell':
        return options.told?.(message.name, message.body)
    }
  }
  const askWorkers = async (question: Question, except?: WorkerLink): Promise<Answers> => {
    const asked = [...links.keys()].filter((link) => link !== except)
    const answers = await Promise.all(asked.map((link) => askWorker(link, question)))
    return answers.flat()
  }
  const askWorker = async (link: WorkerLink, question: Question): Promise<Answers> => {
    const life = new AbortController()
    const late = clock.sleep(question.timeoutMs, life.signal).then((): Answers => [null])
    const asked = link.ask((call) => ({ t: 'ask', call, question }))
    try {
      return await Promise.race([asked.then(toAnswers, (): Answers => [null]), late])
    } finally {
      life.abort()
    }
  }
  const asking = createAsking((question) => askWorkers(question))

  return {
    link(duplex, name) {
      const linked: Linked = { sinks: new Map(), sources: new Map() }
      const link = openWorkerLink({
        duplex,
        own: options.name,
        limits: options.limits,
        clock,
        log: log.child({ worker: name }),
        take: (message) => take(link, linked, message),
        batch: (sink, batch) => linked.sinks.get(sink)?.batch(link, sink, batch),
        seeds: (sink, batch) => linked.sinks.get(sink)?.seeds(link, sink, batch),
        answer: async (question) =>
          (await Promise.all([asking.answer(question), options.behind?.(question) ?? []])).flat(),
        closed() {
          links.delete(link)
          for (const sink of new Set(linked.sinks.values())) sink.linkEnded(link)
          for (const source of new Set(linked.sources.values())) source.linkEnded(link)
        },
      })
      links.set(link, linked)
    },
    isStarted: () => hasStarted,
    workers: () => links.size,
    peers: asking.peers,
    tell(name, body) {
      for (const link of links.keys()) link.send({ t: 'tell', name, body })
    },
    async request(name, body) {
      const [link] = links.keys()
      if (!link) throw new LinkAwayError(away)
      return link.ask((call) => ({ t: 'request', call, name, body }))
    },
    askOthers: (question) => askWorkers(question),
    stop() {
      for (const link of links.keys()) link.close('The gate ends.')
    },
  }
}

type TakeMessage = Parameters<typeof openWorkerLink>[0]['take']

const toAnswers = (value: unknown): Answers =>
  Array.isArray(value) ? value.map((answer: unknown) => (typeof answer === 'string' ? answer : null)) : []
