import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { clusterProps } from '../support/java-worker.ts'
import { startOwnStack } from '../support/kafka-stack.ts'
import { runCli } from '../support/run-cli.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** `task.shutdown.graceful.timeout.ms` of these workers, and what the rest of the end may take: docs/rolling-upgrades.md. */
const endMs = 5000 + 20_000

/** Of the process itself, and of two cores that are busy. */
const slackMs = 3000

test('while Kafka is frozen a worker is not ready, and SIGTERM ends it with 0 in time, also while it starts', {
  timeout: 180_000,
}, async () => {
  const stack = await startOwnStack()
  const cluster = await startCluster({ workers: 1, bootstrapServers: stack.bootstrapServers })
  // What the cluster leaves in Kafka is cleared after the test.
  onTestFinished(() => stack.kafka.kill('SIGCONT'))
  const file = join(cluster.dir, 'lines.txt')
  await writeFile(file, 'a\n')
  await cluster.ask('POST', '/connectors', {
    name: 'lines',
    config: { 'connector.class': 'FileStreamSource', file, topic: `${cluster.name}-lines` },
  })
  await cluster.running(1)
  await stack.kafka.kill('SIGSTOP')
  await writeFile(file, 'a\nb\n')
  const url = cluster.urls[0] ?? ''
  const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status
  expect(await statusOf('/ready')).toBe(200)
  await eventually(async () => (await statusOf('/ready')) === 503, { timeoutMs: 40_000, what: '/ready to notice' })
  expect(await statusOf('/health')).toBe(200)

  const began = performance.now()
  await cluster.stop(0)
  expect(performance.now() - began).toBeLessThan(endMs + slackMs)

  await cluster.start(0)
  await eventually(async () => (await statusOf('/health')) === 503, { what: 'the worker to be starting' })
  const again = performance.now()
  await cluster.stop(0)
  expect(performance.now() - again).toBeLessThan(endMs + slackMs)
})

test('a start that fails says why and ends with 1 at once, with nothing made behind its back', async () => {
  const dir = await tempFolder()
  const group = `ends-${dir.slice(-6).toLowerCase()}`
  const props: Record<string, string> = {
    ...clusterProps(group),
    'gateway.enabled': 'false',
    listeners: 'http://127.0.0.1:0',
  }
  const topic = props['config.storage.topic'] ?? ''
  const admin = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(async () => {
    const left = (await admin.listTopics()).filter((name) => name.includes(group))
    if (left.length > 0) await admin.deleteTopics({ topics: left })
    await admin.disconnect()
  })
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] })
  const settings = {
    'bootstrap.servers': inject('kafka'),
    'key.converter': 'StringConverter',
    'value.converter': 'StringConverter',
    ...props,
  }
  const file = join(dir, 'worker.properties')
  await writeFile(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  const began = performance.now()
  const { code, stderr } = await runCli(['worker', file])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      `tidegate: Topic '${topic}' supplied via the 'config.storage.topic' property is required to have a single partition`,
    ),
  })
  expect(performance.now() - began).toBeLessThan(20_000)
})
