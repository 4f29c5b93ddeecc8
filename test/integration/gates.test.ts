import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startGate } from '../../src/cli/start-gate.ts'
import type { FollowersReport } from '../programs/gate-followers.ts'
import { eventually } from '../support/eventually.ts'
import { cuttable, loneNetwork, programIn, startGateIn } from '../support/gate-net.ts'
import { makeLinkKeys } from '../support/link-keys.ts'
import { follow } from '../support/pipeline.ts'
import { evidence, scale, seed } from '../support/scale.ts'
import { expectWhole, numberStream } from '../support/stream-check.ts'
import { newTopic, readAll } from '../support/topics.ts'
import { type Declaration, workerHome } from '../support/worker-process.ts'

const rules = { subscribe: 'anonymous', publish: 'anonymous', statistics: 'anonymous' }
const shared = {
  'gateway.position.keys': [randomBytes(32).toString('base64')],
  'gateway.namespaces': { all: rules, item: rules, in: rules },
}
const sink = (topic: string): Declaration => ({
  name: 'items',
  'connector.class': 'WebSocketServerSink',
  topics: topic,
  channel: 'all',
  'message.key': 'value.id',
})
const source = (topic: string): Declaration => ({
  name: 'incoming',
  'connector.class': 'WebSocketServerSource',
  channels: 'in',
  topic,
})

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tidegate-gates-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('through two gates without an environment and without a way to Kafka, one killed and the links cut, nothing is lost and nothing comes twice', {
  timeout: 180_000,
}, async () => {
  const network = await loneNetwork()
  if (network === undefined) return void process.stderr.write('not run: ip netns add (needs root)\n')
  const dir = await folder()
  const [topic, incoming] = [await newTopic(3), await newTopic(1)]
  const settings = (name: string, port: number) => ({
    ...shared,
    'gateway.port': port,
    'gate.link.path': join(dir, `${name}.sock`),
    'log.level': 'info',
  })
  const start = (name: string, port: number) => startGateIn(network, join(dir, `${name}.json`), settings(name, port))
  const gates = [await start('a', 8101), await start('b', 8102)] as const
  const cables = await Promise.all(
    ['a', 'b'].map((name) => cuttable(join(dir, `${name}.cable`), join(dir, `${name}.sock`))),
  )
  const home = await workerHome(inject('kafka'), {
    ...shared,
    'gateway.link.gates': ['a', 'b'].map((name) => `unix:${join(dir, `${name}.cable`)}`),
  })
  const numbers = await numberStream(topic, 3)
  const worker = await home.start([sink(topic), source(incoming)])
  await worker.ready()

  const count = scale({ small: 20, full: 1000 })
  const program = programIn(network, 'gate-followers.ts')
  const urls = gates.map(({ url }) => `${url.replace('http', 'ws')}/ws`)
  const report = () => program.call<FollowersReport>('report')
  await program.call('start', { urls, clients: count, channel: 'all' })
  await eventually(async () => (await report()).seqs.every((seqs) => seqs.length > 0), { timeoutMs: 60_000 })

  // They publish, and are counted over both gates and the worker's own.
  await program.call('publish')
  expect(await readAll(incoming, count)).toHaveLength(count)
  const own = follow(worker.socketUrl, 'all')
  await eventually(() => own.subscribed.length === 1)
  const counted = await eventually(async () => {
    const found = await program.call<{ sessions: number }>('statistics')
    return found.sessions === count + 1 && found
  })

  const before = (await report()).losses
  await gates[0].kill()
  await numbers.more(200)
  await start('a', 8101)
  const afterKill = await eventually(async () => {
    const found = await report()
    return found.losses > before && found
  })
  const cutMs = scale({ small: 2000, full: 20_000 })
  for (const cable of cables) cable.cut()
  await sleep(cutMs)
  for (const cable of cables) cable.mend()
  await numbers.more(200)

  // One of them is shut out, wherever it is.
  const [session] = (await report()).sessions
  const revoked = await fetch(`${worker.restUrl}/gateway/revocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session }),
  })
  expect(revoked.status).toBe(201)
  await eventually(async () => (await report()).ends.length === 1)
  expect((await report()).ends).toEqual(['4505'])

  await numbers.stop()
  const last = numbers.last()
  const whole = await eventually(
    async () => {
      const found = await report()
      return found.seqs.filter((seqs) => seqs.includes(last)).length === count - 1 && found
    },
    { timeoutMs: 60_000, what: 'the last number at all clients' },
  )
  for (const seqs of whole.seqs.filter((each) => each.includes(last))) {
    const sorted = seqs.toSorted((a, b) => a - b)
    const first = sorted[0] ?? 0
    expect(sorted).toEqual(Array.from({ length: last - first + 1 }, (_, place) => first + place))
  }
  expect(Object.keys(whole.recovered)).toEqual(['true'])
  expect(whole.notices['stale']).toBeGreaterThan(0)
  expect(whole.notices['fresh']).toBeGreaterThan(0)
  await expectWhole([own], last)
  evidence('gates', {
    seed,
    clients: count,
    'clients counted through both gates and the worker': counted.sessions,
    'connections lost by the kill of a gate': afterKill.losses - before,
    'links cut for (ms)': cutMs,
    'resumes, all of them recovered': whole.recovered['true'] ?? 0,
    'messages to each client, none lost, none twice': last + 1,
  })
})

test('a worker links itself to a gate by mutual TLS, and to nobody whose certificate it does not trust', {
  timeout: 60_000,
}, async () => {
  const [keys, others] = [await makeLinkKeys('us'), await makeLinkKeys('strangers')]
  onTestFinished(async () => {
    await keys.remove()
    await others.remove()
  })
  const topic = await newTopic(1)
  const numbers = await numberStream(topic, 1)
  const files = (prefix: string, of: typeof keys, ca: typeof keys) => ({
    [`${prefix}.cert`]: of.certFile,
    [`${prefix}.key`]: of.keyFile,
    [`${prefix}.ca`]: ca.certFile,
  })
  const { log, lines } = recordingLog()
  const flags = (settings: object) =>
    Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
    )
  const gate = await startGate({
    env: {},
    flags: flags({
      ...shared,
      'gateway.position.keys': shared['gateway.position.keys'][0],
      'gateway.port': 0,
      'gate.link.port': 0,
      ...files('gate.link', keys, keys),
    }),
    log,
  })
  onTestFinished(() => gate.stop())
  const home = await workerHome(inject('kafka'), { ...shared, 'gateway.link.gates': [gate.linkUrl] })
  const stranger = await home.start([sink(topic)], files('gateway.link', others, keys))
  await eventually(() => lines.some((line) => line.includes('a link was refused')))
  expect((await fetch(`${gate.url}/health`)).status).toBe(503)
  await stranger.end('SIGKILL')
  await home.start([sink(topic)], files('gateway.link', keys, keys))
  await eventually(async () => (await fetch(`${gate.url}/health`)).ok)
  const follower = follow(`${gate.url.replace('http', 'ws')}/ws`, 'all')
  await eventually(() => follower.seqs.length > 20)
  await numbers.stop()
  await expectWhole([follower], numbers.last())
})

function recordingLog() {
  const lines: string[] = []
  const say = (_: object, message: string): void => void lines.push(message)
  const log = { debug: say, info: say, warn: say, error: say, child: () => log }
  return { log, lines }
}
