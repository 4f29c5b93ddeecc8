import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { follow, itemSink, numberSchema, publishSource } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
import { newTopic } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'

test('an int64 beyond 2^53 goes from a client to Kafka, to a client and back again without losing a digit', async () => {
  const topic = await newTopic()
  await register(`${topic}-value`, numberSchema)
  const home = await workerHome(inject('kafka'))
  const registryUrl = inject('registry')
  const worker = await home.start([publishSource('in', topic, registryUrl), itemSink('items', topic, registryUrl)])
  await worker.ready()
  const { client, seqs, subscribed } = follow(worker.socketUrl, 'all')
  await eventually(() => subscribed.length === 1)

  const extremes = ['9007199254740993', '-9223372036854775808', '9223372036854775807']
  for (const seq of extremes) await client.publish('in', { seq, id: 'k' })
  await client.publish('in', { seq: 42, id: 'k' })
  await eventually(() => seqs.length === 4)
  expect(seqs).toEqual([...extremes, 42])
  for (const seq of seqs.slice()) await client.publish('in', { seq, id: 'k' })
  await eventually(() => seqs.length === 8)
  expect(seqs.slice(4)).toEqual([...extremes, 42])
  await expect(client.publish('in', { seq: '9223372036854775808', id: 'k' })).rejects.toMatchObject({ field: 'seq' })
})

test('plain HTTP follows a channel as server-sent events, and continues after its last id', async () => {
  const topic = await newTopic()
  await register(`${topic}-value`, numberSchema)
  const home = await workerHome(inject('kafka'))
  const registryUrl = inject('registry')
  const worker = await home.start([publishSource('in', topic, registryUrl), itemSink('items', topic, registryUrl)])
  await worker.ready()
  const { client } = follow(worker.socketUrl, 'item:none')
  const url = `${worker.gatewayUrl}/sse?channel=all`

  const first = await openEvents(url)
  await client.publish('in', { seq: 1, id: 'a' })
  const seen = await first.event(({ data }) => data.includes('"seq":1'))
  first.close()
  await client.publish('in', { seq: 2, id: 'a' })
  const second = await openEvents(url, seen.id)
  await client.publish('in', { seq: 3, id: 'a' })
  await second.event(({ data }) => data.includes('"seq":3'))
  const messages = second.events
    .filter(({ data }) => data.includes('"seq"'))
    .map(({ data }) => /"seq":(\d)/.exec(data)?.[1])
  expect(messages).toEqual(['2', '3'])
  second.close()
})

interface ServerSentEvent {
  readonly id: string
  readonly data: string
}

/** Server-sent events as `curl -N` would show them. */
async function openEvents(url: string, lastId?: string) {
  const ending = new AbortController()
  const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
  const response = await fetch(url, { headers, signal: ending.signal })
  expect(response.status).toBe(200)
  const events: ServerSentEvent[] = []
  void read(response, events).catch(() => ending.abort())
  return {
    events,
    event: (wanted: (event: ServerSentEvent) => boolean) => eventually(() => events.find(wanted)),
    close: () => ending.abort(),
  }
}

async function read(response: Response, events: ServerSentEvent[]): Promise<void> {
  let rest = ''
  for await (const chunk of response.body ?? []) {
    rest += Buffer.from(chunk as Uint8Array).toString()
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .flatMap((line) => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1).trim()] : []))
          .join('\n')
      events.push({ id: field('id'), data: field('data') })
    }
  }
}
