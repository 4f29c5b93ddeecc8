import type { Logger } from '#api'
import { loadGateConfig } from '../config/gate-config.ts'
import { createWorkerEnd, type Gateway, startGateway, type WorkerEnd } from '../gateway/index.ts'
import { createLogging } from '../telemetry/logger.ts'
import { compileFilter } from '../transforms/index.ts'
import { systemClock } from '../util/clock.ts'
import { createClosers } from '../util/closers.ts'
import { descriptorLimit } from './descriptor-limit.ts'
import { listenForWorkers } from './gate-listener.ts'
import { serveGateMetrics } from './gate-metrics.ts'
import { settingsOfOne, startGateProcesses } from './gate-processes.ts'
import { createLinkedGate } from './linked-gate.ts'

export interface GateOptions {
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, string>>
  readonly log?: Logger
}

export interface Gate {
  readonly url: string
  /** Where workers link themselves to it. */
  readonly linkUrl: string
  /** Where it tells its metrics. */
  readonly metricsUrl: string
  stop(): Promise<void>
}

/** Starts a gate without Kafka: what it serves comes over links that workers open. Rejects with what is wrong, and then nothing is left running. */
export async function startGate(options: GateOptions): Promise<Gate> {
  const { settings, warnings } = await loadGateConfig(options)
  const log = options.log ?? createLogging(settings.log.level).log
  for (const warning of warnings) log.warn({}, warning)
  const clock = systemClock
  const closers = createClosers(log)
  const { link, processes } = settings.gateway
  const descriptors = await descriptorLimit()
  const sessions = settings.gateway.limits.sessions || (descriptors === undefined ? 0 : Math.max(1, descriptors - 256))
  const own = { ...settings.gateway, limits: { ...settings.gateway.limits, sessions } }

  let inner: WorkerEnd | undefined
  const linked = createLinkedGate({
    name: `${own.host}:${own.port}`,
    limits: link,
    log,
    clock,
    behind: async (question) => (await inner?.answer(question)) ?? [],
  })
  const startProcesses = async (): Promise<Gateway> => {
    inner = createWorkerEnd({
      name: 'gate',
      namespaces: own.namespaces,
      limits: link,
      // The workers hold the budget.
      readBytesPerS: 0,
      clock,
      log,
      askOthers: (question) => linked.end.askOthers(question),
      revocations: linked.end.revocations,
    })
    const workerEnd = inner
    closers.add('links to processes', () => workerEnd.stop())
    const order = { settings: settingsOfOne(own, processes), link, level: settings.log.level }
    return startGateProcesses({ count: processes, order, workerEnd, clock, log })
  }
  try {
    const gateway =
      processes > 1
        ? await startProcesses()
        : await startGateway({
            settings: own,
            log,
            clock,
            started: () => linked.end.isStarted(),
            peers: linked.end.peers,
            revocations: linked.end.revocations,
            compileFilter,
          })
    closers.add('gateway', () => gateway.stop())
    const metrics = await serveGateMetrics(settings.gate.metrics, { gateway, end: linked.end, clock, log })
    closers.add('metrics', () => metrics.stop())
    linked.serve(gateway.port)
    const listener = await listenForWorkers(settings.gate.link, {
      clock,
      log,
      onWorker: (socket, name) => linked.end.link(socket, name),
    })
    const life = new AbortController()
    closers.add('start', () => life.abort())
    const started = inner ? whenStarted(inner, linked, life.signal) : Promise.resolve()
    return {
      url: gateway.address.url,
      linkUrl: listener.url,
      metricsUrl: metrics.url,
      async stop() {
        // The links stay until the clients were told and their publications answered.
        await closers.closeAll()
        linked.end.stop()
        await Promise.all([listener.stop(), started])
      },
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

const lookMs = 100

/** The processes may let clients in as soon as a worker has said all that it has. */
async function whenStarted(
  inner: WorkerEnd,
  linked: ReturnType<typeof createLinkedGate>,
  signal: AbortSignal,
): Promise<void> {
  while (!linked.end.isStarted() && !signal.aborted) await systemClock.sleep(lookMs, signal)
  if (signal.aborted) return
  inner.started()
}
