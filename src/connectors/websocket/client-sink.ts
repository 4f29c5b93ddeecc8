import { all, atLeast, type ConfigComplaint, DataError, defineConfig, defineSink, nonEmpty } from '#api'
import { publicAddress } from '../common/http-words.ts'
import { recordExpressions } from '../common/record-template.ts'
import { compiles } from '../common/template.ts'
import { startConnection } from './connection.ts'
import { connectionKeys, isWebSocketUrl } from './connection-config.ts'
import { createDelivery } from './delivery.ts'
import { createOutbox, type Outgoing } from './outbox.ts'
import { compileId, compileMessage, compileOutgoing, compileReply } from './outgoing.ts'

/** The most messages on their way without acknowledgements, and the most bytes of a reply. */
const maxUnsent = 10_000
const maxReply = 1_048_576

const config = defineConfig({
  uri: {
    type: 'string',
    importance: 'high',
    doc: 'The endpoint, such as `wss://example.com/in`.',
    validator: isWebSocketUrl,
  },
  message: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: `The text of a message, such as \`{"id":#{id},"bus":#{value}}\`: each \`#{…}\` is replaced by JSON, \`null\` for what is not there. Between \`#{\` and \`}\` may stand id (what \`ack.id\` makes), ${recordExpressions}. The default is the record's value as JSON.`,
    validator: all(nonEmpty, compiles(compileMessage)),
  },
  ack: {
    type: 'string',
    importance: 'high',
    default: 'none',
    values: ['none', 'id'],
    doc: 'Whether the endpoint acknowledges each message by its id. With `id` every record is delivered at least once and in order, and an offset is committed only when all up to it is acknowledged. With `none` a message counts as delivered when the operating system has taken it: a break can lose messages.',
  },
  'ack.id': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: "With `ack=id`: a template for a message's id, such as `#{value.orderId}`. The default is `<topic>-<partition>-<offset>`, with `~<n>` for the parts of a split record: it is the same whenever a record is sent again, so the endpoint can tell repeats.",
    validator: all(nonEmpty, compiles(compileId)),
  },
  'ack.path': {
    type: 'string',
    importance: 'medium',
    default: 'id',
    doc: "With `ack=id`: where the id stands in the endpoint's JSON reply, such as `ack.id`. Messages without it are not looked at.",
    validator: nonEmpty,
  },
  'ack.error.path': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'With `ack=id`: where a reply says that the message was refused. When something stands there (other than null and false) the record is an errant record: it goes to the dead letter queue or fails the task.',
    validator: nonEmpty,
  },
  'ack.window': {
    type: 'int',
    importance: 'medium',
    default: 100,
    doc: 'With `ack=id`: the most messages that may be on their way unacknowledged.',
    validator: atLeast(1),
  },
  'ack.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 30_000,
    doc: 'With `ack=id`: when a message is not acknowledged within this time the connection is made anew, and all that is unacknowledged is sent again.',
    validator: atLeast(1),
  },
  'resend.window': {
    type: 'int',
    importance: 'medium',
    default: 0,
    doc: 'With `ack=none`: how many of the last messages are sent again after a break. It trades losses for repeats.',
    validator: atLeast(0),
  },
  'put.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 5000,
    doc: 'How long records wait for the endpoint before the worker gets its turn, for commits and rebalances; after that they wait again.',
    validator: atLeast(1),
  },
  'send.buffer.bytes': {
    type: 'int',
    importance: 'low',
    default: 1_048_576,
    doc: 'How many bytes may wait in this process for the network before records are held back.',
    validator: atLeast(1),
  },
  ...connectionKeys,
})

/** Pushes records to a WebSocket endpoint. */
export const webSocketClientSink = defineSink({
  name: 'WebSocketClientSink',
  version: '1.0.0',
  doc: 'Pushes the records of Kafka topics as messages to a WebSocket endpoint. With acknowledgements (`ack=id`) every record is delivered at least once and in order; without them a break of the connection can lose messages, and the status says so under `guarantee`. While the endpoint is away, records wait in Kafka.',
  config,

  check(options) {
    const complaints: ConfigComplaint[] = []
    if (options.ack === 'id' && options['ack.id'] === null && !options.message?.includes('#{id}')) {
      complaints.push({ key: 'message', error: 'must contain #{id} when ack is id, or ack.id must say what the id is' })
    }
    if (options.ack === 'id' && options['resend.window'] > 0) {
      complaints.push({
        key: 'resend.window',
        error: 'is for ack=none: with ack=id all that is unacknowledged is sent again',
      })
    }
    return complaints
  },

  preview(options, records) {
    const outgoingOf = compileOutgoing(options)
    return records.map((record) => ({ message: outgoingOf(record).text }))
  },

  startTask(context) {
    const { config: options, clock, log } = context
    const acks = options.ack === 'id'
    const endpoint = publicAddress(options.uri)
    const replyOf = compileReply(options)
    const outbox = createOutbox({
      window: acks ? options['ack.window'] : maxUnsent,
      maxBuffered: options['send.buffer.bytes'],
      resendWindow: options['resend.window'],
      clock,
    })
    const delivery = createDelivery({
      outbox,
      outgoingOf: compileOutgoing(options),
      acks,
      timeoutMs: options['put.timeout.ms'],
      endpoint,
      context,
    })

    const refused = async (message: Outgoing, refusal: string): Promise<void> => {
      outbox.refuse(message)
      const { topic, partition, offset } = message.record.origin
      try {
        const error = new DataError(`${endpoint} refused message ${message.id}: ${refusal.slice(0, 200)}`, {
          context: { topic, partition, offset },
        })
        await context.reportErrant(message.record, error)
        outbox.done(message)
      } catch (error) {
        delivery.fail(error)
      }
    }

    const watchAcks = async (ended: AbortSignal): Promise<void> => {
      if (!acks) return
      while (!ended.aborted) {
        await clock.sleep(Math.min(options['ack.timeout.ms'] / 2, 1000), ended)
        if (!ended.aborted && outbox.oldestAge() > options['ack.timeout.ms']) {
          connection.reconnect('a message was not acknowledged in time')
        }
      }
    }

    const guarantee = guaranteeOf(options.ack, options['resend.window'])
    context.report({ connected: false, guarantee })
    const connection = startConnection({
      settings: options,
      url: () => options.uri,
      maxPayload: maxReply,
      clock,
      log,
      opened(socket, ended) {
        log.info({ endpoint }, 'connected')
        context.report({ connected: true, guarantee })
        outbox.connected(socket)
        void watchAcks(ended)
      },
      message(data) {
        const reply = acks ? replyOf(data.toString()) : undefined
        const message = reply && outbox.find(reply.id)
        if (!message) return
        if (reply.refusal === undefined) outbox.done(message)
        else void refused(message, reply.refusal)
      },
      closed(reason) {
        outbox.disconnected()
        context.report({ connected: false, guarantee, reason })
      },
    })

    return {
      put: (records) => delivery.put(records),
      flush: (offsets) => delivery.flush(offsets),
      close: (partitions) => delivery.forget(partitions),
      stop: () => connection.stop(),
    }
  },
})

function guaranteeOf(ack: 'none' | 'id', resendWindow: number): string {
  if (ack === 'id') return 'at least once'
  return resendWindow === 0
    ? 'at most once at a break'
    : `at most once at a break, but the last ${resendWindow} messages are sent again`
}
