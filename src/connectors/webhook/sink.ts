import { all, atLeast, defineConfig, defineSink, nonEmpty, type Password, type SinkRecord, toJson } from '#api'
import { batchSink, type Outcome } from '../common/batch-sink.ts'
import { parseHeaders, publicAddress } from '../common/http-words.ts'
import { coordinatesOf } from '../common/record-identity.ts'
import { compileKey, keyText, recordExpression, recordExpressions } from '../common/record-template.ts'
import { asJson, compiles, compileTemplate } from '../common/template.ts'
import { createEndpoint } from './endpoint.ts'
import { sendInLanes } from './lanes.ts'
import { parseSecrets } from './signature.ts'
import { compileUrl } from './url.ts'

const compileMessage = (text: string) => compileTemplate(text, recordExpression, asJson)

const config = defineConfig({
  url: {
    type: 'string',
    importance: 'high',
    doc: `Where the requests go, such as \`https://example.com/hooks/#{topic}\`. In the path and the query may stand \`#{…}\` with ${recordExpressions}; values are percent-encoded.`,
    validator: compiles(compileUrl),
  },
  method: {
    type: 'string',
    importance: 'medium',
    default: 'POST',
    values: ['POST', 'PUT', 'PATCH'],
    doc: 'The method of the requests.',
  },
  headers: {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'Headers of every request: `Authorization: Bearer …, X-Other: …`. A comma separates only where a name and a colon follow.',
    validator: (value: Password) => compiles(parseHeaders)(value.reveal()),
  },
  message: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: `The JSON of a message, such as \`{"id":#{value.id},"at":#{timestamp}}\`: each \`#{…}\` is replaced by JSON, \`null\` for what is not there. Known are ${recordExpressions}. The default is the record's value as JSON.`,
    validator: all(nonEmpty, compiles(compileMessage)),
  },
  'message.key': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'What keeps messages in order, such as `value.id`: of one key a message is sent only when the one before it is taken. The default is the record’s key; records without a key are in the order of their partition.',
    validator: all(nonEmpty, compiles(compileKey)),
  },
  'batch.max.records': {
    type: 'int',
    importance: 'medium',
    default: 1,
    doc: 'The most messages of a request. With 1 the body is the message; with more it is a JSON array of messages, always. When an endpoint refuses an array its messages are sent one by one, each in an array of its own, so that only what is at fault is an errant record.',
    validator: atLeast(1),
  },
  'max.in.flight.requests': {
    type: 'int',
    importance: 'medium',
    default: 8,
    doc: 'The most requests at the same time.',
    validator: atLeast(1),
  },
  'signing.secrets': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'Secrets `whsec_…` (base64 of 24 to 64 bytes) with which requests are signed as Standard Webhooks 1.0.0 asks; several, by spaces, while they are changed. Without one requests have `webhook-id` and `webhook-timestamp` and no signature.',
    validator: (value: Password) => compiles(parseSecrets)(value.reveal()),
  },
  'request.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 15_000,
    doc: 'How long a request may take, its answer included.',
    validator: atLeast(1),
  },
  'retry.after.max.ms': {
    type: 'int',
    importance: 'low',
    default: 300_000,
    doc: 'The longest wait that an endpoint may ask for by `Retry-After`.',
    validator: atLeast(0),
  },
  'circuit.failures': {
    type: 'int',
    importance: 'low',
    default: 10,
    doc: 'After so many failed requests in a row nothing is sent for `circuit.open.ms`; then one request tries. The status says so under `circuit`.',
    validator: atLeast(1),
  },
  'circuit.open.ms': {
    type: 'int',
    importance: 'low',
    default: 30_000,
    doc: 'How long nothing is sent after `circuit.failures`.',
    validator: atLeast(1),
  },
  'put.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 5000,
    doc: 'How long records wait for an endpoint that wants to be left alone, before the worker gets its turn, for commits and rebalances; after that they wait again.',
    validator: atLeast(1),
  },
})

/** A message on its way to its endpoint. */
interface WebhookMessage {
  readonly url: string
  /** Names the record for good. */
  readonly id: string
  readonly text: string
  readonly lane: number
}

/** Pushes records to an HTTP endpoint. */
export const webhookSink = defineSink({
  name: 'WebhookSink',
  version: '1.0.0',
  doc: 'Sends the records of Kafka topics to an HTTP endpoint, at least once and in order for each key. `webhook-id` and `Idempotency-Key` are `<topic>-<partition>-<offset>` of the (first) record, with `-<n>` for the parts of a split one: they are the same whenever it is sent again, so the endpoint can tell repeats. 2xx takes a message; 408, 409, 421, 423, 425, 429, 5xx and a connection that fails are tried again, after `Retry-After` when the endpoint says so; any other status refuses it: the record goes to the dead letter queue or fails the task. Redirections are not followed.',
  config,

  preview: (options, records) =>
    records.map(compileOutgoing(options)).map(({ url, text }) => ({ channel: url, message: text })),

  startTask(context) {
    const { config: options, signal } = context
    const size = options['batch.max.records']
    const endpoint = createEndpoint({ options, context })
    const send = (group: readonly WebhookMessage[]): Promise<Outcome> => {
      const [first] = group
      if (!first) return Promise.resolve(undefined)
      const body = size === 1 ? first.text : `[${group.map(({ text }) => text).join(',')}]`
      return endpoint.send({ url: first.url, id: first.id, body })
    }
    const sink = batchSink<WebhookMessage>({
      context,
      endpoint: publicAddress(options.url),
      messageOf: compileOutgoing(options),
      async send(messages) {
        await endpoint.ready(signal)
        return sendInLanes(messages, {
          lanes: options['max.in.flight.requests'],
          groupSize: size,
          laneOf: ({ lane }) => lane,
          goesWith: (message, other) => message.url === other.url,
          send,
        })
      },
    })
    return { put: sink.put, stop: endpoint.stop }
  },
})

interface OutgoingOptions {
  readonly url: string
  readonly message: string | null
  readonly 'message.key': string | null
}

function compileOutgoing(options: OutgoingOptions): (record: SinkRecord) => WebhookMessage {
  const urlOf = compileUrl(options.url)
  const textOf =
    options.message === null ? ({ value }: SinkRecord) => toJson(value ?? null) : compileMessage(options.message)
  const keyOf =
    options['message.key'] === null ? ({ key }: SinkRecord) => keyText(key) : compileKey(options['message.key'])
  return (record) => ({
    url: urlOf(record),
    id: coordinatesOf(record),
    text: textOf(record),
    lane: laneOf(keyOf(record) ?? `${record.origin.topic}-${record.origin.partition}`),
  })
}

/** Any number that one text always has (djb2). */
function laneOf(text: string): number {
  let hash = 5381
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 33) ^ text.charCodeAt(index)) >>> 0
  return hash
}
