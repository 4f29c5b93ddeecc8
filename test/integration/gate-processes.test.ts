import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Follower, follow } from '../support/pipeline.ts'
import { scale } from '../support/scale.ts'
import { expectWhole, numberStream } from '../support/stream-check.ts'
import { newTopic, readAll } from '../support/topics.ts'
import { type Declaration, workerHome } from '../support/worker-process.ts'

const run = promisify(execFile)

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

/** The gate processes of a worker. */
async function gateProcesses(worker: number | undefined): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=,args=', '--ppid', String(worker)])
  return stdout
    .split('\n')
    .filter((line) => line.includes('gate-process'))
    .map((line) => Number(line.trim().split(/\s+/)[0]))
}

/** Connections of clients that a process has, by its open sockets. */
async function socketsOf(pid: number): Promise<number> {
  const found = await readdir(`/proc/${pid}/fd`)
  return found.length
}

test('clients of two gate processes resume when one is killed, and all processes end with their worker', {
  timeout: 120_000,
}, async () => {
  const topic = await newTopic(3)
  const incoming = await newTopic(1)
  const home = await workerHome(inject('kafka'), { 'gateway.processes': 2 })
  const numbers = await numberStream(topic, 3)
  const worker = await home.start([sink(topic), source(incoming)])
  await worker.ready()
  const [first = 0, second = 0, ...more] = await gateProcesses(worker.child.pid)
  expect(more).toEqual([])
  expect(await readFile(`/proc/${first}/environ`, 'utf8')).not.toContain('PATH=')

  const idle = await Promise.all([first, second].map(socketsOf))
  const count = scale({ small: 100, full: 1000 })
  const followers: Follower[] = Array.from({ length: count }, () => follow(worker.socketUrl, 'all'))
  await eventually(() => followers.every(({ subscribed }) => subscribed.length > 0), { timeoutMs: 30_000 })
  const busy = await Promise.all([first, second].map(socketsOf))
  // Both have their part.
  for (const [place, sockets] of busy.entries()) expect(sockets - (idle[place] ?? 0)).toBeGreaterThan(count / 10)

  // Published through either process, it is stored once.
  await Promise.all(followers.slice(0, 2).map(({ client }, n) => client.publish('in', { n })))
  await numbers.more(200)
  process.kill(first, 'SIGKILL')
  await numbers.more(200)
  await eventually(async () => {
    const found = await gateProcesses(worker.child.pid)
    return found.length === 2 && !found.includes(first)
  })
  await eventually(async () => (await fetch(`${worker.gatewayUrl}/health`)).ok)
  await numbers.more(100)
  await numbers.stop()
  await expectWhole(followers, numbers.last())
  const cut = followers.filter(({ losses }) => losses() > 0)
  expect(cut.length).toBeGreaterThan(0)
  expect(cut.length).toBeLessThan(count)
  // Nobody began anew: each went on after its position.
  for (const { subscribed } of cut) expect(subscribed.slice(1).map(({ recovered }) => recovered)).toContain(true)
  for (const { subscribed } of followers)
    expect(subscribed.slice(1).filter(({ recovered }) => recovered === false)).toEqual([])
  expect(await readAll(incoming, 2)).toHaveLength(2)
  // Who comes to the new process later has all that the others have.
  const metrics = await (await fetch(`${worker.restUrl}/metrics`)).text()
  expect(metrics).toMatch(new RegExp(`gateway_sessions ${count}\\b`))

  const processes = await gateProcesses(worker.child.pid)
  await worker.end('SIGKILL')
  await eventually(() => processes.every((pid) => !isAlive(pid)), { what: 'the end of the gate processes' })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
