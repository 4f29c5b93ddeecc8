import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { stackEnvironment, stackStatus, startStack, stopStack } from '../../src/stack/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { startOwnStack } from '../support/kafka-stack.ts'

const settings = { ...stackEnvironment(process.env, homedir()), clock: systemClock, progress: () => undefined }

function clientOf(bootstrapServers: string): Kafka {
  return new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
}

async function produce(bootstrapServers: string, ...values: string[]): Promise<void> {
  const producer = clientOf(bootstrapServers).producer()
  await producer.connect()
  await producer.send({ topic: 'stack-test', messages: values.map((value) => ({ value })) })
  await producer.disconnect()
}

async function consume(bootstrapServers: string, count: number): Promise<string[]> {
  const consumer = clientOf(bootstrapServers).consumer({ groupId: `stack-test-${Math.random()}` })
  const values: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic: 'stack-test', fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
  await eventually(() => values.length >= count, { what: `${count} records` })
  await consumer.disconnect()
  return values
}

async function register(registryUrl: string, schema: unknown): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/stack-test-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  return ((await response.json()) as { id: number }).id
}

/** The processes whose command line names this folder. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(dir) ? [`${pid} ${command.replaceAll('\0', ' ')}`] : []
      } catch {
        // Ended between the two looks.
        return []
      }
    })
}

const linux = existsSync('/proc/self')

// What it looks at is in /proc.
test.skipIf(!linux)(
  'records and schema ids outlive a stop and a kill, and nothing outlives the end',
  { timeout: 180_000 },
  async () => {
    const stack = await startOwnStack()
    const { dir, bootstrapServers, registryUrl, kafka, registry } = stack

    await produce(bootstrapServers, 'one', 'two')
    await kafka.stop()
    await kafka.start()
    await produce(bootstrapServers, 'three')
    await kafka.kill('SIGKILL')
    await kafka.start()
    expect(await consume(bootstrapServers, 3)).toEqual(['one', 'two', 'three'])

    const id = await register(registryUrl, { type: 'record', name: 'A', fields: [] })
    await registry.stop()
    await registry.start()
    const schema = await fetch(`${registryUrl}/schemas/ids/${id}`)
    expect(schema.status).toBe(200)

    expect(processesOf(dir).length).toBeGreaterThanOrEqual(2)
    await stack.stop()
    expect(processesOf(dir)).toEqual([])
    expect(existsSync(dir)).toBe(false)
  },
)

// What it looks at is in /proc.
test.skipIf(!linux)(
  'a second start finds what the first left running, and down ends it',
  { timeout: 120_000 },
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tidegate-checkout-'))
    onTestFinished(async () => {
      await stopStack(dir, { ...settings, wipe: true })
      await rm(dir, { recursive: true, force: true })
    })
    const options = { ...settings, dir, kafkaPort: 0, registryPort: 0, detached: true }
    // Two at once: one starts, the other waits for it and finds both.
    const [first, second] = await Promise.all([startStack(options), startStack(options)])
    expect(second).toMatchObject({ bootstrapServers: first.bootstrapServers, registryUrl: first.registryUrl })
    const other = first.bootstrapServers.endsWith(':1') ? 2 : 1
    await expect(startStack({ ...options, kafkaPort: other })).rejects.toThrow('already')
    expect(await stackStatus(dir)).toMatchObject({ kafka: { state: 'running' }, registry: { state: 'running' } })
    expect(await stopStack(dir, settings)).toBe(true)
    expect(await stackStatus(dir)).toEqual({ kafka: { state: 'stopped' }, registry: { state: 'stopped' } })
    expect(processesOf(dir)).toEqual([])
    expect(await stopStack(dir, settings)).toBe(false)
  },
)

// What it looks at is in /proc.
test.skipIf(!linux)('a killed test run leaves neither servers nor files behind', { timeout: 120_000 }, async () => {
  const script = join(import.meta.dirname, '..', 'support', 'hold-stack.ts')
  const tsx = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'cli.mjs')
  const holder = spawn(process.execPath, [tsx, '--conditions=source', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  const line = await new Promise<string>((resolve) => createInterface({ input: holder.stdout }).once('line', resolve))
  const { pid, dir } = JSON.parse(line) as { pid: number; dir: string }
  expect(processesOf(dir).length).toBeGreaterThanOrEqual(2)
  process.kill(pid, 'SIGKILL')
  await eventually(() => processesOf(dir).length === 0 && !existsSync(dir), { what: 'the end of the servers' })
})
