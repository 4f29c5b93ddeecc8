import { all, atLeast, type ConfigOf, defineConfig, nonEmpty, type Password } from '#api'
import { compileKey, recordExpressions } from '../common/record-template.ts'
import { compiles } from '../common/template.ts'
import { requestHeaders } from './headers.ts'
import { compileMessage } from './outgoing.ts'
import { parseSecrets } from './signature.ts'
import { tlsKeys } from './tls.ts'
import { compileUrl } from './url.ts'

export const webhookConfig = defineConfig({
  url: {
    type: 'string',
    importance: 'high',
    doc: `Where the requests go, such as \`https://example.com/hooks/#{topic}\`. In the path and the query may stand \`#{…}\` with ${recordExpressions}; values are percent-encoded, and never decide which host is asked. Hosts within a private network are asked like any other: who may declare connectors may have them asked.`,
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
    doc: 'Headers of every request: `Authorization: Bearer …, X-Other: …`. A comma separates only where a name and a colon follow. `Content-Type` is `application/json` unless it is given here.',
    validator: (value: Password) => compiles(requestHeaders)(value.reveal()),
  },
  message: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: `The JSON of a message, such as \`{"id":#{id},"bus":#{value}}\`: each \`#{…}\` is replaced by JSON, \`null\` for what is not there. Known are id (what names the message for good: with one message in a request its \`webhook-id\`), ${recordExpressions}. The default is the record's value as JSON.`,
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
    doc: 'The most messages of a request. With 1 the body is the message; with more it is a JSON array of messages, always. When an endpoint refuses an array its halves are sent, so that only what is at fault is an errant record.',
    validator: atLeast(1),
  },
  'batch.max.bytes': {
    type: 'int',
    importance: 'medium',
    default: 1_048_576,
    doc: 'The most bytes of a request’s body. A message that is larger by itself is an errant record.',
    validator: atLeast(1),
  },
  'max.in.flight.requests': {
    type: 'int',
    importance: 'medium',
    default: 8,
    doc: 'The most requests of a task at the same time, each over a connection of its own. Keys are spread over so many lanes; a lane waits for its slowest key.',
    validator: atLeast(1),
  },
  'signing.secrets': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'Secrets `whsec_…` (base64 of 24 to 64 bytes) with which requests are signed as Standard Webhooks asks (`webhook-signature`, version `v1`); several, by spaces, while they are changed. Without one requests have `webhook-id` and `webhook-timestamp` and no signature.',
    validator: (value: Password) => compiles(parseSecrets)(value.reveal()),
  },
  'request.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 15_000,
    doc: 'How long a request may take, its connection and its answer included.',
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
    doc: 'After so many failed requests in a row nothing is sent for `circuit.open.ms`; then one request tries. The status says so under `circuit`. An answer that asks for a wait by `Retry-After` is no failure.',
    validator: atLeast(1),
  },
  'circuit.open.ms': {
    type: 'int',
    importance: 'low',
    default: 30_000,
    doc: 'How long nothing is sent after `circuit.failures`.',
    validator: atLeast(1),
  },
  'batch.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 30_000,
    doc: 'How long records are sent before the worker gets its turn, for rebalances and so that its group does not give it up; the requests under way are waited for, and then the rest goes on. Keep it, with `request.timeout.ms`, below `max.poll.interval.ms`.',
    validator: atLeast(1),
  },
  'put.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 5000,
    doc: 'How long records wait for an endpoint that is left alone, before the worker gets its turn, for commits and rebalances; after that they wait again.',
    validator: atLeast(1),
  },
  ...tlsKeys,
})

export type WebhookOptions = ConfigOf<typeof webhookConfig>
