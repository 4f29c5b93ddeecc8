import { randomUUID } from 'node:crypto'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { metricTable } from '../../src/telemetry/metrics.ts'
import { eventually } from '../support/eventually.ts'
import { itemSink } from '../support/pipeline.ts'
import { parsePrometheus } from '../support/prometheus-text.ts'
import { newTopic, readAll, write } from '../support/topics.ts'
import { type WorkerProcess, workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

async function scrape({ restUrl }: WorkerProcess) {
  const response = await fetch(`${restUrl}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const families = parsePrometheus(await response.text())
  return {
    families,
    /** Of the series that has these labels among its own. */
    value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
      const wanted = Object.entries(labels)
      return families.get(name)?.samples.find((sample) => wanted.every(([key, text]) => sample.labels[key] === text))
        ?.value
    },
  }
}

test('the figures of a source, a sink, errors, lag and health move as records pass', async () => {
  const home = await workerHome(inject('kafka'))
  const [topic, behindTopic] = [await newTopic(), await newTopic()]
  const dlq = `dlq.${randomUUID()}`
  const file = join(home.dir, 'in.txt')
  await writeFile(file, '{"a":1}\n{"a":2}\n')
  await write(
    behindTopic,
    Array.from({ length: 50 }, (_, at) => `not Avro ${at}`.replace('n', '\0')),
  )
  const text = { 'value.converter': 'StringConverter' }
  const fileSink = { 'connector.class': 'FileStreamSink', file: join(home.dir, 'out.txt') }
  const worker = await home.start([
    { name: 'source', 'connector.class': 'FileStreamSource', topic, file, ...text },
    {
      name: 'sink',
      ...fileSink,
      topics: topic,
      'errors.tolerance': 'all',
      'errors.log.enable': 'true',
      'errors.deadletterqueue.topic.name': dlq,
      'errors.deadletterqueue.topic.replication.factor': '1',
    },
    { name: 'broken', ...fileSink, topics: topic, file: join(home.dir, 'missing', 'out.txt') },
    // A registry that is away is waited for: this one stays where it is.
    {
      ...itemSink('behind', behindTopic, 'http://127.0.0.1:9'),
      'errors.retry.timeout': '-1',
      'consumer.override.max.poll.records': '1',
    },
  ])
  const { becomes } = restOf(worker)
  await becomes('broken', 'FAILED')

  const sink = { connector: 'sink', task: '0' }
  const source = { connector: 'source', task: '0' }
  await eventually(
    async () => (await scrape(worker)).value('kafka_connect_sink_task_sink_record_send_total', sink) === 2,
  )
  const before = await scrape(worker)
  await appendFile(file, '{"a":3}\npoison\n')
  await readAll(dlq, 1)
  const after = await eventually(async () => {
    const now = await scrape(worker)
    const isSettled =
      now.value('kafka_connect_sink_task_sink_record_send_total', sink) === 3 &&
      now.value('kafka_connect_source_task_source_record_write_total', source) === 4 &&
      now.value('kafka_connect_sink_task_offset_commit_completion_total', sink) !== 0 &&
      now.value('tidegate_sink_record_lag_max', { connector: 'behind' }) === 50
    return isSettled && now
  })

  const moved = (name: string, labels: Readonly<Record<string, string>>) => [
    before.value(name, labels),
    after.value(name, labels),
  ]
  expect(moved('kafka_connect_source_task_source_record_poll_total', source)).toEqual([2, 4])
  expect(moved('kafka_connect_source_task_source_record_write_total', source)).toEqual([2, 4])
  expect(moved('kafka_connect_sink_task_sink_record_read_total', sink)).toEqual([2, 4])
  expect(moved('kafka_connect_sink_task_sink_record_send_total', sink)).toEqual([2, 3])
  expect(moved('kafka_connect_task_error_total_records_skipped', sink)).toEqual([0, 1])
  expect(moved('kafka_connect_task_error_total_record_errors', sink)).toEqual([0, 1])
  expect(moved('kafka_connect_task_error_total_errors_logged', sink)).toEqual([0, 1])
  expect(moved('kafka_connect_task_error_deadletterqueue_produce_requests', sink)).toEqual([0, 1])
  expect(after.value('kafka_connect_task_error_deadletterqueue_produce_failures', sink)).toBe(0)
  expect(after.value('kafka_connect_task_error_last_error_timestamp', sink)).toBeGreaterThan(Date.now() - 60_000)
  expect(after.value('kafka_connect_sink_task_partition_count', sink)).toBe(1)
  expect(after.value('tidegate_sink_record_lag_max', { connector: 'sink' })).toBe(0)
  expect(after.value('tidegate_sink_record_lag_max', { connector: 'behind' })).toBe(50)
  expect(after.value('kafka_connect_worker_connector_count')).toBe(4)
  expect(after.value('kafka_connect_worker_task_startup_failure_total')).toBe(1)
  expect(after.value('kafka_connect_worker_connector_failed_task_count', { connector: 'broken' })).toBe(1)
  expect(after.value('tidegate_connector_health', { connector: 'broken', health: 'unhealthy' })).toBe(1)
  expect(after.value('tidegate_connector_health', { connector: 'sink', health: 'healthy' })).toBe(1)
  expect(after.value('kafka_connect_connector_status', { connector: 'broken', task: '0', status: 'failed' })).toBe(1)

  // Each metric of the table is there as the table says, and has figures.
  for (const { name, type, labels } of metricTable) {
    const family = after.families.get(name)
    expect({ name, type: family?.type, hasFigures: (family?.samples.length ?? 0) > 0 }).toEqual({
      name,
      type,
      hasFigures: true,
    })
    for (const sample of family?.samples ?? []) expect(Object.keys(sample.labels).toSorted()).toEqual(labels.toSorted())
  }

  // What is gone is gone from the answer.
  expect((await fetch(`${worker.restUrl}/connectors/broken`, { method: 'DELETE' })).status).toBe(204)
  expect(await (await fetch(`${worker.restUrl}/metrics`)).text()).not.toContain('"broken"')
})
