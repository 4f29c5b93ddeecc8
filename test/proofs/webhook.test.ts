import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { Taken } from '../programs/webhook-receiver.ts'
import { eventually } from '../support/eventually.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'
import { kafkaClient, newTopic, write } from '../support/topics.ts'
import { webhookReceiver } from '../support/webhook-receiver.ts'
import { type Declaration, workerHome } from '../support/worker-process.ts'

const records = scale({ small: 2000, full: 100_000 })
const kills = scale({ small: 2, full: 10 })
const keys = 50
const lanes = 8
const partitions = 3

const sink = (name: string, topic: string, url: string, more: Record<string, string> = {}): Declaration => ({
  name,
  'connector.class': 'WebhookSink',
  topics: topic,
  url: `${url}/${name}/#{key}`,
  'max.in.flight.requests': String(lanes),
  'circuit.failures': '20',
  'circuit.open.ms': '200',
  'value.converter': 'JsonConverter',
  'value.converter.schemas.enable': 'false',
  ...more,
})

test('a receiver that is killed and started again misses nothing, has each key in order, and again only what it had not answered', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom()
  process.stderr.write(`seed ${seed}\n`)
  const kafka = kafkaClient()
  const topic = await newTopic(partitions, kafka)
  for (let from = 0; from < records; from += 5000) {
    const batch = Array.from({ length: Math.min(5000, records - from) }, (_, index) => {
      const [key, n] = [`k${(from + index) % keys}`, Math.floor((from + index) / keys)]
      return { key, value: JSON.stringify({ key, n }) }
    })
    await write(topic, batch, kafka)
  }
  const receiver = await webhookReceiver()
  const of = (name: string): readonly Taken[] => receiver.taken().filter(({ path }) => path.startsWith(`/${name}/`))
  const delivered = (name: string): number => {
    const messages = of(name).flatMap((request) => request.messages)
    // Told apart only when it may be all of them: this is asked often.
    return messages.length < records ? messages.length : new Set(messages.map(nameOf)).size
  }
  const home = await workerHome(inject('kafka'))
  const began = Date.now()
  const worker = await home.start([
    sink('single', topic, receiver.url()),
    sink('arrays', topic, receiver.url(), { 'batch.max.records': '20', url: `${receiver.url()}/arrays/` }),
  ])

  for (let kill = 1; kill <= kills; kill++) {
    const until = Math.floor((records * (kill - random() / 2)) / (kills + 1))
    await eventually(() => delivered('single') >= until, { timeoutMs: 120_000, what: `${until} records` })
    await receiver.kill()
    await sleep(random() * 1000)
    await receiver.start()
  }
  for (const name of ['single', 'arrays']) {
    await eventually(() => delivered(name) === records, { timeoutMs: 240_000, what: `all records of ${name}` })
  }
  const took = Date.now() - began
  for (const name of ['single', 'arrays']) {
    const group = () => kafka.committed(`connect-${name}`, [topic])
    await eventually(async () => (await group()).reduce((sum, { offset }) => sum + Number(offset), 0) === records)
  }
  expect(await worker.end()).toBe(0)

  const facts: Record<string, number> = {}
  for (const name of ['single', 'arrays']) {
    const { repeated, lost, disordered, unexplained } = check(of(name))
    expect({ lost, disordered, unexplained }).toEqual({ lost: 0, disordered: 0, unexplained: 0 })
    // A kill leaves at most one request of each lane unanswered.
    expect(repeated).toBeLessThanOrEqual(kills * lanes)
    facts[`${name}: requests taken`] = of(name).length
    facts[`${name}: of these again, under the same id`] = repeated
    facts[`${name}: records missing at the receiver`] = lost
    facts[`${name}: records that came before what was before them in their key`] = disordered
    facts[`${name}: requests that came again although they were answered`] = unexplained
  }
  evidence('webhook', {
    'records, to each of two connectors': records,
    'kill -9 of the receiver': kills,
    ...facts,
    'time for all of it (ms)': took,
  })
})

const nameOf = ({ key, n }: Taken['messages'][number]): string => `${key}/${n}`

/** What the receiver took, against what was written. */
function check(taken: readonly Taken[]) {
  const lives = new Map<string, number>()
  const last = new Map<string, number>()
  let [repeated, unexplained, disordered] = [0, 0, 0]
  for (const { id, life, messages } of taken) {
    const former = lives.get(id)
    lives.set(id, life)
    if (former === undefined) {
      for (const { key, n } of messages) {
        if (n !== (last.get(key) ?? -1) + 1) disordered++
        last.set(key, n)
      }
      continue
    }
    repeated++
    // Only what the life before took and did not answer may come again, and before anything newer of its keys.
    if (former === life) unexplained++
    const newest = new Map(messages.map(({ key, n }) => [key, n]))
    for (const [key, n] of newest) if (n !== last.get(key)) disordered++
  }
  const found = [...last.values()].reduce((sum, n) => sum + n + 1, 0)
  return { repeated, unexplained, disordered, lost: records - found }
}
