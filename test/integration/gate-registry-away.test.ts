import { randomUUID } from 'node:crypto'
import avsc from 'avsc'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { follow, itemSink, numberSchema, publishSource } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
import { startRegistryProxy } from '../support/registry-proxy.ts'
import { kafkaClient, readAll, write } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'

/** What the registry knows and no converter has met. */
const widerSchema = {
  ...numberSchema,
  fields: [...numberSchema.fields, { name: 'more', type: 'string', default: '' }],
}

test('while the registry is away clients stay, known schemas go on, unknown ones wait or are refused, and nothing is lost', {
  timeout: 60_000,
}, async () => {
  const registry = await startRegistryProxy({ to: inject('registry') })
  const topic = `registry-away.${randomUUID()}`
  const other = `${topic}.other`
  const kafka = kafkaClient()
  for (const name of [topic, other]) {
    await kafka.createTopic(name, { partitions: 1, replicationFactor: 1 })
    await register(`${name}-value`, numberSchema)
  }
  const home = await workerHome(inject('kafka'))
  const worker = await home.start([
    publishSource('in', topic, registry.url),
    { ...publishSource('unmet', other, registry.url), channels: 'in:unmet' },
    itemSink('items', topic, registry.url),
  ])
  await worker.ready()
  const follower = follow(worker.socketUrl, 'all')
  await eventually(() => follower.subscribed.length === 1)
  await follower.client.publish('in', { seq: 1, id: 'a' })
  await eventually(() => follower.seqs.length === 1)

  await registry.stop()
  for (let seq = 2; seq <= 20; seq++) await follower.client.publish('in', { seq, id: 'a' })
  await eventually(() => follower.seqs.length === 20, { what: 'messages of a schema that is known' })
  await expect(follower.client.publish('in:unmet', { seq: 1, id: 'b' })).rejects.toMatchObject({
    code: 'schema_unavailable',
    retryable: true,
  })
  // A record of a schema that only the registry knows: those behind it wait with it.
  const id = await register(`${topic}-value`, widerSchema)
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  const body = avsc.Type.forSchema(widerSchema as never).toBuffer({ seq: 21, id: 'a', more: 'x' })
  await write(topic, [{ key: 'a', value: Buffer.concat([head, body]) }])
  await follower.client.publish('in', { seq: 22, id: 'a' })
  expect(follower.seqs).not.toContain(21)

  await registry.start()
  await eventually(() => follower.seqs.includes(22), { timeoutMs: 30_000, what: 'what had waited' })
  expect(follower.seqs).toEqual(Array.from({ length: 22 }, (_, at) => at + 1))
  await eventually(
    () =>
      follower.client.publish('in:unmet', { seq: 1, id: 'b' }).then(
        () => true,
        () => false,
      ),
    { what: 'publishing with the schema that was not known' },
  )
  expect(await readAll(other, 1)).toHaveLength(1)
  expect(follower.losses()).toBe(0)
})
