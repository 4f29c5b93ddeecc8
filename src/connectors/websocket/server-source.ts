import { ConfigError, ConnectError, defineSource, type Ingress, type IngressAnswer, messageOf } from '#api'
import { createDeduplicator } from './deduplicate.ts'
import { startDoor } from './door.ts'
import { failedAnswer, okAnswer, refusedAnswer } from './ingress-answers.ts'
import { createIngressQueue, type Place } from './ingress-queue.ts'
import { createRecordMaker } from './ingress-record.ts'
import { startLane } from './lane.ts'
import { serverSourceConfig } from './server-source-config.ts'

const maxBatch = 500
const idleMs = 1000

/** Takes what clients publish on the gateway's channels into Kafka. */
export const webSocketServerSource = defineSource({
  name: 'WebSocketServerSource',
  version: '1.0.0',
  doc: "Takes the messages that clients publish on the gateway's channels into a topic. A message is acknowledged only after Kafka has acknowledged it; one that does not fit the topic's schema is refused with the field and the reason. What was not acknowledged is the client's to send again, and `messageId` lets it do so without a duplicate: within one process, and then no source offset is stored; or, where the workers have `exactly.once.source.support` enabled, to any worker and after any crash. Then `ingress.lanes` tasks write what every worker's gateway takes, and the ids of each producer are stored with its messages in one transaction.",
  config: serverSourceConfig,
  placement: 'everyWorker',
  lanes: { count: (config) => config['ingress.lanes'], startDoor },
  exactlyOnceSupport: () => true,

  check(options, props, gateway) {
    const complaints = [...(gateway?.complaints?.({ channels: options.channels }) ?? [])]
    if ((options.topic === null) === (options['topic.template'] === null)) {
      complaints.push({ key: 'topic', error: 'either topic or topic.template must be set, and not both' })
    }
    if (options['topic.template'] !== null && options['topics.allow'].length === 0) {
      complaints.push({ key: 'topics.allow', error: 'must name the topics that topic.template may make' })
    }
    const { 'transaction.boundary': boundary, 'transaction.boundary.interval.ms': interval } = props
    const isSoon = Number(interval ?? Number.NaN) < options['ingress.stall.ms']
    if (boundary?.trim().toLowerCase() === 'interval' && !isSoon) {
      const error =
        'must be poll, or transaction.boundary.interval.ms below ingress.stall.ms: answers wait for the transaction'
      complaints.push({ key: 'transaction.boundary', error })
    }
    return complaints
  },

  startTask(context) {
    if (context.lane) return startLane(context)
    const { config: options, signal, clock, log } = context
    if (!context.gateway) {
      throw new ConfigError('WebSocketServerSource needs a gateway, and this worker runs none: switch its gateway on.')
    }
    const toRecord = createRecordMaker(context)
    const deduplicate = createDeduplicator(options['deduplicate.max.producers'])
    const queue = createIngressQueue({
      maxMessages: options['ingress.max.pending'],
      maxBytes: options['ingress.max.pending.bytes'],
      stallMs: options['ingress.stall.ms'],
      clock,
    })

    const accept = async (ingress: Ingress): Promise<IngressAnswer> => {
      const size = Buffer.byteLength(ingress.data)
      const refusal = queue.refusal(size)
      if (refusal) return refusal
      const place = queue.enter(size)
      try {
        const record = await toRecord(ingress)
        queue.offer({ ...record, sourcePartition: { connector: context.connector }, sourceOffset: {}, tag: place })
      } catch (error) {
        if (!ConnectError.is(error) || error.retriable)
          log.warn({ reason: messageOf(error) }, 'a published message was refused')
        place.answer(refusedAnswer(error))
      }
      return place.answered
    }

    const feed = context.gateway.attachSource({
      connector: context.connector,
      channels: options.channels,
      publish: (ingress) => deduplicate(ingress, () => accept(ingress)),
    })

    return {
      poll: () => queue.take(maxBatch, idleMs, signal),
      commitRecord(record, metadata, error) {
        const place = record.tag as Place
        place.answer(error === undefined ? okAnswer(metadata) : failedAnswer(error))
      },
      upstream(state) {
        queue.upstream(state.reachable)
        feed.upstream?.(state)
      },
      paused: (isPaused) => queue.pause(isPaused),
      stop() {
        feed.detach()
        queue.close()
      },
    }
  },
})
