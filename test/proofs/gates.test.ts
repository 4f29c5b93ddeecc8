import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startGate } from '../../src/cli/start-gate.ts'
import type { FollowersReport } from '../programs/gate-followers.ts'
import type { Visitor } from '../programs/visitors.ts'
import { startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { cuttable, isolationOf, loneNetwork, programIn, startGateIn } from '../support/gate-net.ts'
import { createVisitors } from '../support/gate-visitors.ts'
import { makeLinkKeys } from '../support/link-keys.ts'
import { startNumberedProducers } from '../support/numbered-producers.ts'
import { follow } from '../support/pipeline.ts'
import { readCommitted } from '../support/read-committed.ts'
import { evidence, scale, seed } from '../support/scale.ts'
import { expectWhole, numberStream } from '../support/stream-check.ts'
import { kafkaClient, newTopic, readAll } from '../support/topics.ts'
import { type Declaration, workerHome } from '../support/worker-process.ts'

const rules = { subscribe: 'anonymous', publish: 'anonymous', statistics: 'anonymous', history: 'anonymous' }
const secret = 'a secret of at least thirty-two bytes'
const shared = {
  'gateway.position.keys': [randomBytes(32).toString('base64')],
  'gateway.namespaces': { all: rules, item: rules, in: rules },
  'gateway.auth.secret': secret,
}
const sink = (topic: string): Declaration => ({
  name: 'items',
  'connector.class': 'WebSocketServerSink',
  topics: topic,
  channel: 'all,item:#{value.id}',
  'message.key': 'value.id',
})
const source = (topic: string): Declaration => ({
  name: 'incoming',
  'connector.class': 'WebSocketServerSource',
  channels: 'in',
  topic,
})
const tokenOf = (sub: string): Promise<string> =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(secret))

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tidegate-gates-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('through two gates without an environment and without a way to Kafka, one killed and the links cut, nothing is lost and nothing comes twice', {
  timeout: scale({ small: 180_000, full: 900_000 }),
}, async () => {
  const network = await loneNetwork()
  if (network === undefined) return void process.stderr.write('not run: ip netns add (needs root)\n')
  const dir = await folder()
  const [topic, incoming] = [await newTopic(3), await newTopic(1)]
  const [perAddress, perUser] = [40, 5]
  const settings = (name: string, port: number, processes: number) => ({
    ...shared,
    'gateway.port': port,
    'gateway.processes': processes,
    'gateway.limits.sessionsPerAddress': perAddress,
    'gateway.limits.sessionsPerUser': perUser,
    'gate.link.path': join(dir, `${name}.sock`),
    'gate.metrics.port': port + 100,
    'log.level': 'info',
  })
  // One of them uses two processes, which share its links.
  const start = (name: 'a' | 'b') => {
    const [port, processes] = { a: [8101, 1] as const, b: [8102, 2] as const }[name]
    return startGateIn(network, join(dir, `${name}.json`), settings(name, port, processes))
  }
  const gates = [await start('a'), await start('b')] as const
  const cables = await Promise.all(
    ['a', 'b'].map((name) => cuttable(join(dir, `${name}.cable`), join(dir, `${name}.sock`))),
  )
  const kafka = inject('kafka')
  const routes = await isolationOf(
    network,
    gates.map(({ child }) => child.pid ?? 0),
    kafka,
  )
  expect(routes).toEqual({ variables: [], routes: '', kafka: 'refused' })
  const home = await workerHome(kafka, {
    ...shared,
    'gateway.limits.sessionsPerUser': perUser,
    'gateway.link.gates': ['a', 'b'].map((name) => `unix:${join(dir, `${name}.cable`)}`),
  })
  const numbers = await numberStream(topic, 3, scale({ small: 20, full: 500 }))
  const some = scale({ small: 200, full: 60 })
  const worker = await home.start([sink(topic), source(incoming)])
  await worker.ready()

  const count = scale({ small: 50, full: 1000 })
  const patience = { timeoutMs: scale({ small: 30_000, full: 120_000 }) }
  const program = programIn(network, 'gate-followers.ts')
  const [a = '', b = ''] = gates.map(({ url }) => `${url.replace('http', 'ws')}/ws`)
  const report = (last = 0) => program.call<FollowersReport>('report', { last })
  const everybody = async (isThere: (found: FollowersReport) => boolean, what: string): Promise<FollowersReport> =>
    eventually(
      async () => {
        const found = await report(numbers.last())
        return isThere(found) && found
      },
      { ...patience, what },
    )
  await program.call('start', { urls: [a, b], clients: count, channel: 'all', partitions: 3 })
  await everybody(({ begun }) => begun === count, 'a message for everybody')

  // They publish, and are counted over both gates and the worker's own.
  const publishAll = async (round: number): Promise<void> => {
    await program.call('publish', { round })
    const got = await readAll(incoming, round * count)
    expect(got).toHaveLength(round * count)
  }
  const counted = (sessions: number): Promise<unknown> =>
    eventually(async () => (await program.call<{ sessions: number }>('statistics')).sessions === sessions, {
      ...patience,
      what: `${sessions} sessions counted`,
    })
  await publishAll(1)
  const own = follow(worker.socketUrl, 'all')
  await eventually(() => own.subscribed.length === 1)
  await counted(count + 1)

  // An address and a user have so many connections on both gates together.
  const visitors = createVisitors(program, [a, b])
  const ann = await tokenOf('ann')
  const [fromOne, ofOne] = await Promise.all([
    visitors.untilRefused({ address: '127.0.9.9' }, perAddress),
    visitors.untilRefused({ address: '127.0.9.10', token: ann }, perUser),
  ])
  expect(fromOne).toEqual({ letIn: perAddress, refusal: 'address_limit' })
  expect(ofOne).toEqual({ letIn: perUser, refusal: 'user_limit' })

  const before = (await report()).losses
  await gates[0].kill()
  await numbers.more(some)
  await start('a')
  const afterKill = await everybody(
    ({ losses, connected }) => losses > before && connected === count,
    'everybody back after the kill',
  )
  const cutMs = scale({ small: 2000, full: 20_000 })
  for (const cable of cables) cable.cut()
  await sleep(cutMs)
  const atCut = await report()
  expect(atCut).toMatchObject({ connected: count, losses: afterKill.losses })
  expect(atCut.notices['stale']).toBe(count)
  for (const cable of cables) cable.mend()
  await numbers.more(some)
  await everybody(({ notices }) => notices['fresh'] === count, 'fresh')
  await publishAll(2)
  await counted(count + 1)

  // A user is shut out of both, and of channels by a pattern; and a session, wherever it is.
  const revoke = async (body: object): Promise<void> => {
    const answer = await fetch(`${worker.restUrl}/gateway/revocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(201)
  }
  const [bob, cid] = [await tokenOf('bob'), await tokenOf('cid')]
  const bobs = await visitors.each({ address: '127.0.9.11', token: bob })
  const cids = await visitors.each({ address: '127.0.9.12', token: cid, channel: 'item:*' })
  await revoke({ user: 'bob' })
  await revoke({ channel: 'item:*', user: 'cid' })
  await eventually(async () => expect(await visitors.become(bobs)).toEqual(bobs.map(() => '4505')))
  await eventually(async () => expect(await visitors.become(cids)).toEqual(cids.map(() => 'revoked')))
  for (const url of [a, b])
    expect((await program.call<Visitor>('knock', { url, address: '127.0.9.11', token: bob })).answer).toBe('revoked')
  await revoke({ session: (await report()).session })
  const lost = await everybody(({ ends }) => ends.length === 1, 'the end of the session')
  expect(lost.ends).toEqual(['4505'])

  await numbers.stop()
  const last = numbers.last()
  const whole = await everybody((found) => found.whole >= count - 1, 'everything at all clients')
  expect(whole).toMatchObject({ gaps: 0, repeats: 0, connected: count - 1 })
  expect(Object.keys(whole.recovered)).toEqual(['true'])
  await expectWhole([own], last)
  evidence('gates', {
    seed,
    gates: 'two, one of them of two processes; in a network namespace of their own',
    'environment variables of the gates and their processes, but for those of the pipes between them': 0,
    'routes out of the namespace': 'none (`ip route` is empty; a connection to Kafka’s address is refused)',
    clients: count,
    'publications stored, before and after, each once': 2 * count,
    'clients counted through both gates and the worker, before and after': count + 1,
    'connections from one address, let in on both gates together, of a limit of': `${fromOne.letIn} of ${perAddress}`,
    'connections of one user, let in on both gates together, of a limit of': `${ofOne.letIn} of ${perUser}`,
    'connections lost by the kill of a gate, all back': afterKill.losses - before,
    'links cut for (ms)': cutMs,
    'connections lost by the cut': atCut.losses - afterKill.losses,
    'clients told stale, and fresh again': `${atCut.notices['stale'] ?? 0}, ${whole.notices['fresh'] ?? 0}`,
    'resumes, all of them recovered': whole.recovered['true'] ?? 0,
    'revoked: connections of a user on all gates, subscriptions by pattern, a session': `${bobs.length}, ${cids.length}, 1`,
    'messages received': whole.messages,
    'gaps, repeats': `${whole.gaps}, ${whole.repeats}`,
  })
})

test('a worker links itself to a gate by mutual TLS, and to nobody whose certificate it does not trust; the gate goes over to another, and reads back', {
  timeout: 90_000,
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
      'gate.metrics.port': 0,
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
  // Nothing stays in memory: what is not live comes from Kafka, through the link.
  const forgetful = { ...sink(topic), 'window.max.bytes': '0' }
  const first = await home.start([forgetful], files('gateway.link', keys, keys))
  await eventually(async () => (await fetch(`${gate.url}/health`)).ok)
  const follower = follow(`${gate.url.replace('http', 'ws')}/ws`, 'all')
  await eventually(() => follower.seqs.length > 20)
  const { items } = await follower.client.history<{ seq: number }>('all', { from: 'earliest', limit: 50 })
  expect(items.map(({ data }) => data?.seq)).toEqual(Array.from({ length: 50 }, (_, seq) => seq))
  const metrics = await (await fetch(gate.metricsUrl)).text()
  expect(metrics).toMatch(/^tidegate_gateway_sessions 1$/m)
  expect(metrics).toMatch(/^tidegate_gateway_read_backs_total 1$/m)
  expect(metrics).toMatch(/^tidegate_gate_links 1$/m)
  expect(metrics).toMatch(/^tidegate_gate_link_start_time_seconds\{worker="[^"]+"\} \d+/m)
  expect(metrics).toMatch(/^process_cpu_seconds_total /m)
  expect(metrics).not.toContain('kafka')
  expect((await fetch(new URL('/', gate.metricsUrl))).status).toBe(404)
  expect((await fetch(`${gate.url}/metrics`)).status).toBe(404)

  // Another worker is linked too; when the first is killed, the stream goes on over its link.
  const other = await workerHome(inject('kafka'), { ...shared, 'gateway.link.gates': [gate.linkUrl] })
  const second = await other.start([forgetful], files('gateway.link', keys, keys))
  await second.ready()
  await first.end('SIGKILL')
  await numbers.more(50)
  await numbers.stop()
  await expectWhole([follower], numbers.last())
})

test('producers are exactly once through a gate that goes over to another worker', { timeout: 120_000 }, async () => {
  const dir = await folder()
  const namespaces = JSON.stringify({ report: { subscribe: 'none', publish: 'token' } })
  const key = shared['gateway.position.keys'][0] ?? ''
  const common = { 'gateway.position.keys': key, 'gateway.namespaces': namespaces, 'gateway.auth.secret': secret }
  const gate = await startGate({
    env: {},
    flags: { ...common, 'gateway.port': '0', 'gate.link.path': join(dir, 'gate.sock'), 'gate.metrics.port': '0' },
    log: recordingLog().log,
  })
  onTestFinished(() => gate.stop())
  // Workers that serve no clients themselves: all comes through the gate.
  const cluster = await startCluster({
    workers: 2,
    props: {
      ...common,
      'exactly.once.source.support': 'enabled',
      'gateway.enabled': 'false',
      'gateway.link.gates': gate.linkUrl,
    },
  })
  const topic = `${cluster.name}.reports`
  await kafkaClient().createTopic(topic, { partitions: 1, replicationFactor: 1 })
  await cluster.ask('PUT', `/connectors/${cluster.name}-in/config`, {
    'connector.class': 'WebSocketServerSource',
    'tasks.max': '2',
    'ingress.lanes': '2',
    channels: 'report:*',
    topic,
    key: '#{client}',
  })
  await cluster.running(2)
  await eventually(async () => (await fetch(`${gate.url}/health`)).ok)
  const url = `${gate.url.replace('http', 'ws')}/ws`
  const producers = await startNumberedProducers({ count: 4, inFlight: 20, channel: 'report:all', urls: [url], secret })
  const goesOn = async (): Promise<void> => {
    const before = producers.answered()
    await eventually(() => producers.answered().every((answered, index) => answered > (before[index] ?? 0) + 20), {
      timeoutMs: 40_000,
      what: 'answers for every producer',
    })
  }
  await goesOn()
  // It was linked first, so the gate's messages go to it.
  await cluster.kill(0)
  await goesOn()
  const { last } = await producers.end()
  const stored = (await readCommitted(inject('kafka'), [topic]))[topic] ?? []
  const messages = stored.map(([, , value]) => JSON.parse(value) as { producer: string; id: number })
  for (const [name, id] of last) {
    const ids = messages.filter(({ producer }) => producer === name).map((message) => message.id)
    expect(ids).toEqual(Array.from({ length: id }, (_, index) => index + 1))
  }
})

function recordingLog() {
  const lines: string[] = []
  const say = (_: object, message: string): void => void lines.push(message)
  const log = { debug: say, info: say, warn: say, error: say, child: () => log }
  return { log, lines }
}
