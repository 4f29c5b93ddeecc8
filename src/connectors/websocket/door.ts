import type { Door, DoorContext, Ingress, IngressAnswer } from '#api'
import { createDoorSessions } from './door-order.ts'
import { busy, paused, shuttingDown, tooLarge } from './ingress-answers.ts'
import { createLaneLine } from './lane-line.ts'
import { laneOf } from './lane-of.ts'
import { decodeClosing, type LaneItem, type Sender } from './lane-wire.ts'

export interface DoorOptions {
  readonly channels: readonly string[]
  readonly 'ingress.lanes': number
  readonly 'ingress.max.pending': number
  readonly 'ingress.max.pending.bytes': number
  readonly 'ingress.stall.ms': number
  readonly 'deduplicate.max.producers': number
}

/** Takes what clients publish at this worker's gateway and hands it to the lanes, wherever they run. */
export function startDoor(context: DoorContext<DoorOptions>): Door {
  const { config, gateway, clock, log, url, connector } = context
  if (!gateway) {
    log.warn({}, 'this worker runs no gateway, so no client publishes here')
    return { stop: () => undefined }
  }
  const { 'ingress.lanes': lanes, 'ingress.max.pending': maxMessages, 'ingress.max.pending.bytes': maxBytes } = config
  const sessions = createDoorSessions(config['deduplicate.max.producers'])
  const ending = new AbortController()
  const signal = AbortSignal.any([context.signal, ending.signal])
  let isPaused = false
  let messages = 0
  let bytes = 0

  const refusal = (ingress: Ingress, size: number): IngressAnswer | undefined => {
    if (signal.aborted) return shuttingDown
    if (isPaused) return paused
    if (size > maxBytes) return tooLarge(maxBytes)
    if (messages >= maxMessages || bytes + size > maxBytes) return busy
    return sessions.refusal(ingress)
  }

  const feed = gateway.attachSource({
    connector,
    channels: config.channels,
    exactlyOnce: true,
    async publish(ingress) {
      const size = Buffer.byteLength(ingress.data)
      const refused = refusal(ingress, size)
      if (refused) {
        sessions.answered(ingress, refused)
        return refused
      }
      sessions.taken(ingress)
      const session = sessions.of(ingress.session)
      messages++
      bytes += size
      session.waiting++
      try {
        return await add({ kind: 'publish', from: ingress })
      } finally {
        messages--
        bytes -= size
        session.waiting--
      }
    },
    producerDisconnected(session) {
      sessions.of(session).isGone = true
    },
    producerConnected: (sender: Sender) => void add({ kind: 'claim', from: sender }),
  })
  const lines = Array.from({ length: lanes }, (_, lane) =>
    createLaneLine({
      lane,
      lanes,
      url,
      stallMs: config['ingress.stall.ms'],
      sessions,
      clock,
      log,
      signal,
      call: (body, ends) => context.callTask(lane, body, ends),
      closeProducer: (session) => feed.closeProducer(session),
    }),
  )
  const add = async (item: LaneItem): Promise<IngressAnswer> =>
    (await lines[laneOf(item.from, lanes)]?.add(item)) ?? shuttingDown
  context.serve(async (body) => {
    feed.closeProducer(decodeClosing(body))
    return Buffer.alloc(0)
  })

  return {
    paused(now) {
      isPaused = now
    },
    async stop() {
      feed.detach()
      ending.abort()
      await Promise.all(lines.map(({ ended }) => ended))
    },
  }
}
