import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, connect, type Subscribed } from '../../src/client/index.ts'
import type { Declaration } from './worker-process.ts'

export const numberSchema = {
  type: 'record',
  name: 'Numbered',
  fields: [
    { name: 'seq', type: 'long' },
    { name: 'id', type: 'string' },
  ],
}

const avro = (registryUrl: string) => ({
  'key.converter': 'StringConverter',
  'value.converter': 'AvroConverter',
  'value.converter.schema.registry.url': registryUrl,
  'value.converter.auto.register.schemas': 'false',
  'value.converter.use.latest.version': 'true',
})

/** From a feed with a cursor into a topic. */
export const feedSource = (name: string, uri: string, topic: string, registryUrl: string): Declaration => ({
  name,
  'connector.class': 'WebSocketClientSource',
  uri,
  topic,
  'cursor.path': 'seq',
  key: '#{value.id}',
  'reconnect.initial.ms': '50',
  ...avro(registryUrl),
})

/** From a topic to the channels `all` and `item:<id>`. */
export const itemSink = (name: string, topic: string, registryUrl: string): Declaration => ({
  name,
  'connector.class': 'WebSocketServerSink',
  topics: topic,
  channel: 'all,item:#{value.id}',
  'message.key': 'value.id',
  ...avro(registryUrl),
})

/** From the channel `in` into a topic. */
export const publishSource = (name: string, topic: string, registryUrl: string): Declaration => ({
  name,
  'connector.class': 'WebSocketServerSource',
  channels: 'in',
  topic,
  key: '#{value.id}',
  ...avro(registryUrl),
})

/** From a topic to a remote WebSocket endpoint that acknowledges by id, as a member of a group. */
export const remoteSink = (name: string, topic: string, uri: string, registryUrl: string): Declaration => ({
  name,
  'connector.class': 'WebSocketClientSink',
  topics: topic,
  uri,
  ack: 'id',
  message: '{"id":#{id},"data":#{value}}',
  ...avro(registryUrl),
})

export interface Follower {
  readonly client: Client
  readonly seqs: number[]
  readonly subscribed: Subscribed[]
  readonly notices: string[]
  /** How often the connection was lost. */
  readonly losses: () => number
}

/** A client of the gate that keeps what it receives of one channel. */
export function follow(socketUrl: string, channel: string): Follower {
  const seqs: number[] = []
  const subscribed: Subscribed[] = []
  const notices: string[] = []
  let losses = 0
  const client = connect(socketUrl, {
    WebSocket,
    backoff: { initialMs: 50, maxMs: 500 },
    // A gate that is not there yet is no error of the test's.
    onError() {},
  })
  onTestFinished(() => client.close())
  client.onNotice(({ code }) => notices.push(code))
  client.onState(({ state }) => {
    if (state === 'waiting') losses++
  })
  client.subscribe(channel, {
    onSubscribed: (each) => subscribed.push(each),
    onMessage: ({ data }) => seqs.push((data as { seq: number }).seq),
  })
  return { client, seqs, subscribed, notices, losses: () => losses }
}
