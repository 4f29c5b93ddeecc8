import { expect, test } from 'vitest'
import { createMetrics, gateTable, type MetricsSources, metricTable } from '../../../src/telemetry/metrics.ts'

const sources: MetricsSources = {
  connectors: async () => [
    {
      name: 'c',
      isHere: true,
      type: 'sink',
      class: 'FileStreamSink',
      version: '1',
      state: 'RUNNING',
      health: 'degraded',
      restarts: 2,
      tasks: [
        { id: 0, state: 'RUNNING' },
        { id: 1, state: 'FAILED' },
      ],
    },
  ],
  gateway: () => undefined,
}

function metrics() {
  let at = 0
  const made = createMetrics({ now: () => at, windowMs: 1000, samples: 2, version: '1.2.3' })
  return {
    ...made,
    after: (ms: number) => void (at += ms),
    lines: async () => (await made.text(sources)).split('\n').filter((line) => !line.startsWith('#')),
  }
}

const sink = { connector: 'c', task: 0, type: 'sink', class: 'FileStreamSink', version: '1' } as const

test('counts what a task tells under Kafka Connect’s names', async () => {
  const { runtime, lines } = metrics()
  const task = runtime.task(sink)
  task.read(5)
  task.sent(4, 20)
  task.batch(4)
  task.partitions(3)
  task.lag(17)
  task.recordFailed()
  task.recordSkipped()
  task.deadLetter(false)
  task.offsetCommit(8, true)
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'kafka_connect_sink_task_sink_record_read_total{connector="c",task="0"} 5',
      'kafka_connect_sink_task_sink_record_send_total{connector="c",task="0"} 4',
      'kafka_connect_sink_task_put_batch_avg_time_ms{connector="c",task="0"} 20',
      'kafka_connect_sink_task_partition_count{connector="c",task="0"} 3',
      'kafka_connect_sink_task_offset_commit_completion_total{connector="c",task="0"} 1',
      'kafka_connect_connector_task_batch_size_max{connector="c",task="0"} 4',
      'kafka_connect_connector_task_offset_commit_success_percentage{connector="c",task="0"} 1',
      'kafka_connect_task_error_total_record_failures{connector="c",task="0"} 1',
      'kafka_connect_task_error_total_records_skipped{connector="c",task="0"} 1',
      'kafka_connect_task_error_deadletterqueue_produce_failures{connector="c",task="0"} 1',
      'tidegate_sink_record_lag_max{connector="c",task="0"} 17',
    ]),
  )
})

test('shows a source’s figures for sources alone', async () => {
  const { runtime, lines } = metrics()
  runtime.task({ ...sink, type: 'source' }).polled(3, 10)
  const text = (await lines()).join('\n')
  expect(text).toContain('kafka_connect_source_task_source_record_poll_total{connector="c",task="0"} 3')
  expect(text).not.toContain('kafka_connect_sink_task_')
})

test('tells the states of connectors and tasks, and that a failed task is no good health', async () => {
  const { runtime, lines } = metrics()
  runtime.taskStartup('c', true)
  runtime.taskStartup('c', false)
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'kafka_connect_worker_connector_count 1',
      'kafka_connect_worker_task_count 2',
      'kafka_connect_worker_task_startup_attempts_total 2',
      'kafka_connect_worker_task_startup_failure_percentage 0.5',
      'kafka_connect_worker_connector_failed_task_count{connector="c"} 1',
      'kafka_connect_connector_status{connector="c",task="1",status="failed"} 1',
      'tidegate_connector_health{connector="c",health="degraded"} 1',
      'tidegate_connector_health{connector="c",health="healthy"} 0',
      'tidegate_connector_restarts{connector="c"} 2',
      'tidegate_worker_info{version="1.2.3"} 1',
    ]),
  )
})

test('forgets a task that has ended, but not the life that followed it', async () => {
  const { runtime, lines } = metrics()
  const first = runtime.task(sink)
  const second = runtime.task(sink)
  second.read(1)
  first.close()
  expect((await lines()).join('\n')).toContain('sink_record_read_total{connector="c",task="0"} 1')
  second.close()
  expect((await lines()).join('\n')).not.toContain('sink_record_read_total{')
})

test('shares a task’s life between running and paused', async () => {
  const { runtime, lines, after } = metrics()
  const task = runtime.task(sink)
  after(3000)
  task.paused(true)
  task.paused(true)
  after(1000)
  expect(await lines()).toContain('kafka_connect_connector_task_pause_ratio{connector="c",task="0"} 0.25')
  task.paused(false)
  after(4000)
  expect(await lines()).toContain('kafka_connect_connector_task_running_ratio{connector="c",task="0"} 0.875')
})

test('says nothing of shares and of a gateway where there are none', async () => {
  const { lines } = metrics()
  const text = (await lines()).join('\n')
  expect(text).not.toMatch(/startup_success_percentage|tidegate_gateway_sessions/)
  expect(text).toContain('kafka_connect_worker_task_startup_attempts_total 0')
})

test('tells of the workers that are linked to a gate, and nothing where it is none', async () => {
  const { text } = createMetrics({ now: () => 0, windowMs: 1000, samples: 2, version: '1', table: gateTable })
  const links = [
    { worker: 'a', since: 5000 },
    { worker: 'b', since: 6500 },
  ]
  const linesOf = async (more: Partial<MetricsSources>): Promise<string[]> =>
    (await text({ ...sources, ...more })).split('\n').filter((line) => line.startsWith('tidegate_gate_'))
  expect(await linesOf({ links: () => links })).toEqual([
    'tidegate_gate_links 2',
    'tidegate_gate_link_start_time_seconds{worker="a"} 5',
    'tidegate_gate_link_start_time_seconds{worker="b"} 6.5',
  ])
  // That of one that is gone is gone.
  expect(await linesOf({ links: () => [] })).toEqual(['tidegate_gate_links 0'])
  expect(await linesOf({})).toEqual([])
})

test('has names that Prometheus takes, each once, and a sentence for each', () => {
  const table = [...new Set([...metricTable, ...gateTable])]
  const names = table.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, help, type } of table) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
    expect(name.endsWith('_total')).toBe(type === 'counter' && !name.includes('task_error'))
    expect(help).toMatch(/[.;] ?.*\.$|\.$/)
  }
})

test('counts a connector where it runs, and of a connector of another worker what runs here', async () => {
  const { text } = createMetrics({ now: () => 0, windowMs: 1000, samples: 2, version: '1' })
  const [of] = await sources.connectors()
  const connectors = async () => (of ? [of, { ...of, name: 'elsewhere', isHere: false }] : [])
  const lines = (await text({ ...sources, connectors })).split('\n').filter((line) => line.includes('elsewhere'))
  expect(lines.filter((line) => line.includes('connector_info') || line.startsWith('tidegate_'))).toEqual([])
  expect(lines).toContain('kafka_connect_worker_connector_total_task_count{connector="elsewhere"} 2')
  expect(await text({ ...sources, connectors })).toContain('\nkafka_connect_worker_connector_count 1\n')
})
