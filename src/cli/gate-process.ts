import { once } from 'node:events'
import { Socket } from 'node:net'
import { messageOf } from '#api'
import type { Settings } from '../config/index.ts'
import { type GatewaySettings, type GatewayStats, startGateway } from '../gateway/index.ts'
import { createLogging } from '../telemetry/logger.ts'
import { compileFilter } from '../transforms/index.ts'
import { systemClock } from '../util/clock.ts'
import { createLinkedGate } from './linked-gate.ts'
import { signalled } from './signalled.ts'

/** What a gate process is told by the worker that started it; it reads neither files nor environment for it. */
export interface GateProcessOrder {
  readonly settings: GatewaySettings
  readonly link: Settings['gateway']['link']
  readonly level: Settings['log']['level']
  readonly name: string
}

/** What it says to the worker, first that it listens to its order: what is said before that is lost. */
export type GateProcessReport =
  | 'up'
  | { readonly listens: { readonly host: string; readonly port: number; readonly url: string } }
  | { readonly failed: string }
  | { readonly state: { readonly ready: boolean; readonly stats: GatewayStats } }

/** How often (ms) the worker hears of this process's state. */
const stateMs = 250

/** A worker that is gone hears nothing, and its process ends when it sees that. */
function report(said: GateProcessReport, sent: () => void = () => undefined): void {
  if (process.send) process.send(said, () => sent())
  else sent()
}

// The pipe to the worker that `gate-processes.ts` opens; its end is the end of the worker.
const pipe = new Socket({ fd: 4 })
const ordered = once(process, 'message')
report('up')
const [order] = (await ordered) as [GateProcessOrder]
const { log } = createLogging(order.level)
const ending = Promise.race([signalled(), once(process, 'message'), once(pipe, 'close')])
try {
  const { settings, link, name } = order
  const linked = createLinkedGate({ name, limits: link, log, clock: systemClock })
  const gateway = await startGateway({
    settings,
    log: log.child({ gate: name }),
    clock: systemClock,
    started: () => linked.end.isStarted(),
    peers: linked.end.peers,
    revocations: linked.end.revocations,
    compileFilter,
  })
  linked.serve(gateway.port)
  linked.end.link(pipe, 'worker')
  report({ listens: gateway.address })
  const state = (ready: boolean): GateProcessReport => ({ state: { ready, stats: gateway.stats() } })
  const telling = setInterval(() => report(state(gateway.isReady())), stateMs)
  await ending
  await gateway.stop()
  clearInterval(telling)
  await new Promise<void>((resolve) => report(state(false), resolve))
  linked.end.stop()
  process.exit(0)
} catch (error) {
  report({ failed: messageOf(error) })
  log.error({ err: error }, 'gate process failed')
  setImmediate(() => process.exit(1))
}
