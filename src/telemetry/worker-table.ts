import type { Labels, Metric, MetricType, Reading } from './metric.ts'
import type { ConnectorFigures, GatewayFigures, Startups, WorkerFigures } from './worker-figures.ts'

const none: Labels = {}
const kafkaName = (attribute: string): string => `kafka_connect_worker_${attribute.replaceAll('-', '_')}`

const worker = (
  attribute: string,
  type: MetricType,
  help: string,
  value: (figures: WorkerFigures) => number | undefined,
): Metric => ({
  name: kafkaName(attribute),
  type,
  help,
  labels: [],
  bean: `type=connect-worker-metrics ${attribute}`,
  read: (figures) => [[none, value(figures)]],
})

const startups = (kind: 'connector' | 'task'): readonly Metric[] => {
  const of = ({ startups: all }: WorkerFigures): Startups => all[kind]
  const share = (part: number, { succeeded, failed }: Startups): number | undefined =>
    succeeded + failed === 0 ? undefined : part / (succeeded + failed)
  return [
    worker(
      `${kind}-startup-attempts-total`,
      'counter',
      `Starts of a ${kind}.`,
      (all) => of(all).succeeded + of(all).failed,
    ),
    worker(
      `${kind}-startup-success-total`,
      'counter',
      `Starts of a ${kind} that succeeded.`,
      (all) => of(all).succeeded,
    ),
    worker(`${kind}-startup-failure-total`, 'counter', `Starts of a ${kind} that failed.`, (all) => of(all).failed),
    worker(`${kind}-startup-success-percentage`, 'gauge', 'The share (0 to 1) that succeeded.', (all) =>
      share(of(all).succeeded, of(all)),
    ),
    worker(`${kind}-startup-failure-percentage`, 'gauge', 'The share (0 to 1) that failed.', (all) =>
      share(of(all).failed, of(all)),
    ),
  ]
}

const tasksOf = (state: string | undefined): Metric => {
  const attribute = `connector-${state === undefined ? 'total' : state.toLowerCase()}-task-count`
  return {
    name: kafkaName(attribute),
    type: 'gauge',
    help: state === undefined ? 'Tasks of the connector.' : `Tasks of the connector that are ${state}.`,
    labels: ['connector'],
    bean: `type=connect-worker-metrics,connector=* ${attribute}`,
    read: ({ connectors }) =>
      connectors.map(
        ({ name, tasks }): Reading => [
          { connector: name },
          tasks.filter((task) => state === undefined || task.state === state).length,
        ],
      ),
  }
}

const taskStatus: Metric = {
  name: 'kafka_connect_connector_status',
  type: 'gauge',
  help: 'The state of a task as the label `status`; always 1.',
  labels: ['connector', 'task', 'status'],
  bean: 'type=connector-task-metrics status',
  read: ({ connectors }) =>
    connectors.flatMap(({ name, tasks }) =>
      tasks.map(({ id, state }): Reading => [{ connector: name, task: id, status: state.toLowerCase() }, 1]),
    ),
}

const connectorInfo: Metric = {
  name: 'kafka_connect_connector_info',
  type: 'gauge',
  help: 'The state, class, type and version of a connector as labels; always 1.',
  labels: ['connector', 'status', 'class', 'type', 'version'],
  bean: 'type=connector-metrics status, connector-class, connector-type, connector-version',
  read: ({ connectors }) =>
    connectors
      .filter(({ isHere }) => isHere)
      .map(
        ({ name, state, type, version, ...rest }): Reading => [
          { connector: name, status: state.toLowerCase(), class: rest.class, type, version },
          1,
        ],
      ),
}

/** Of the worker and its connectors, under the names that Prometheus' JMX exporter gives Kafka Connect's MBeans in its example. */
export const workerTable: readonly Metric[] = [
  worker(
    'connector-count',
    'gauge',
    'Connectors of this worker.',
    ({ connectors }) => connectors.filter(({ isHere }) => isHere).length,
  ),
  worker('task-count', 'gauge', 'Tasks of this worker.', ({ connectors }) =>
    connectors.reduce((sum, { tasks }) => sum + tasks.length, 0),
  ),
  ...startups('connector'),
  ...startups('task'),
  ...[undefined, 'RUNNING', 'PAUSED', 'FAILED', 'UNASSIGNED', 'RESTARTING', 'DESTROYED'].map(tasksOf),
  taskStatus,
  connectorInfo,
]

const healths = ['healthy', 'degraded', 'unhealthy', 'paused', 'stopped']

const own = (
  name: string,
  type: MetricType,
  help: string,
  labels: readonly string[],
  read: Metric['read'],
): Metric => ({
  name: `tidegate_${name}`,
  type,
  help,
  labels,
  read,
})

const gate = (name: string, type: MetricType, help: string, value: (gateway: GatewayFigures) => number): Metric =>
  own(`gateway_${name}`, type, help, [], ({ gateway }) => (gateway ? [[none, value(gateway)]] : []))

const counted = (
  name: string,
  help: string,
  label: string,
  value: (gateway: GatewayFigures) => Readonly<Record<string, number>>,
): Metric =>
  own(`gateway_${name}`, 'counter', help, [label], ({ gateway }) =>
    Object.entries(gateway ? value(gateway) : {}).map(([kind, count]): Reading => [{ [label]: kind }, count]),
  )

const stream = (name: string, help: string, value: (of: GatewayFigures['connectors'][number]) => number): Metric =>
  own(`gateway_${name}`, 'gauge', help, ['connector'], ({ gateway }) =>
    (gateway?.connectors ?? []).map((each): Reading => [{ connector: each.connector }, value(each)]),
  )

const connector = (name: string, help: string, value: (of: ConnectorFigures) => number): Metric =>
  own(`connector_${name}`, 'gauge', help, ['connector'], ({ connectors }) =>
    connectors.filter(({ isHere }) => isHere).map((each): Reading => [{ connector: each.name }, value(each)]),
  )

/** What only this worker has. */
export const ownTable: readonly Metric[] = [
  own('worker_info', 'gauge', 'The version as a label; always 1.', ['version'], ({ worker: { version } }) => [
    [{ version }, 1],
  ]),
  own(
    'worker_start_time_seconds',
    'gauge',
    'When the worker started (s since the epoch).',
    [],
    ({ worker: { startedAt } }) => [[none, startedAt / 1000]],
  ),
  own('kafka_connections_total', 'counter', 'Connections to Kafka that the process has opened.', [], ({ kafka }) => [
    [none, kafka.connections],
  ]),
  own('kafka_requests_total', 'counter', 'Requests to Kafka by the name of the request.', ['request'], ({ kafka }) =>
    Object.entries(kafka.requests).map(([request, count]): Reading => [{ request }, count]),
  ),
  own(
    'connector_health',
    'gauge',
    '1 for the health that the connector has, as `/connectors/{name}/health` tells it, 0 for the others.',
    ['connector', 'health'],
    ({ connectors }) =>
      connectors
        .filter(({ isHere }) => isHere)
        .flatMap(({ name, health }) =>
          healths.map((each): Reading => [{ connector: name, health: each }, each === health ? 1 : 0]),
        ),
  ),
  connector(
    'restarts',
    'Restarts by itself within the window of `errors.restart.window.ms`.',
    ({ restarts }) => restarts,
  ),
  own(
    'sink_record_lag_max',
    'gauge',
    'How many records the task is behind in the partition that lags most.',
    ['connector', 'task'],
    ({ tasks }) =>
      tasks
        .filter(({ of }) => of.type === 'sink')
        .map(({ of, lag }): Reading => [{ connector: of.connector, task: of.task }, lag]),
  ),
  gate('sessions', 'gauge', 'Clients that are connected.', ({ sessions }) => sessions),
  gate('subscriptions', 'gauge', 'Subscriptions of all clients.', ({ subscriptions }) => subscriptions),
  own(
    'gateway_namespace_subscriptions',
    'gauge',
    'Subscriptions to channels of a namespace.',
    ['namespace'],
    ({ gateway }) =>
      (gateway?.namespaces ?? []).map(({ namespace, subscriptions }): Reading => [{ namespace }, subscriptions]),
  ),
  gate(
    'subscriptions_catching_up',
    'gauge',
    'Subscriptions that catch up at their own speed.',
    ({ catchingUp }) => catchingUp,
  ),
  gate(
    'read_backs_total',
    'counter',
    'Times that the topics of a sink were read back for clients whose place had left the memory; those who need about the same share one.',
    ({ readBacks }) => readBacks,
  ),
  gate('read_back_records_total', 'counter', 'Records read back.', ({ readBackRecords }) => readBackRecords),
  gate('read_back_bytes_total', 'counter', 'Bytes read back.', ({ readBackBytes }) => readBackBytes),
  gate(
    'read_back_waiting',
    'gauge',
    'Subscriptions and history requests that wait until something is read back for them.',
    ({ readBackWaiting }) => readBackWaiting,
  ),
  gate('messages_delivered_total', 'counter', 'Messages handed to clients.', ({ delivered }) => delivered),
  gate(
    'closed_slow_total',
    'counter',
    'Connections closed because their client did not keep up.',
    ({ closedSlow }) => closedSlow,
  ),
  gate(
    'filter_evaluations_total',
    'counter',
    'Times that a filter of a client was asked of a message; each distinct filter is asked once.',
    ({ filterEvaluations }) => filterEvaluations,
  ),
  gate(
    'filter_errors_total',
    'counter',
    'Times that a message had not what a filter needs, so that it did not pass.',
    ({ filterErrors }) => filterErrors,
  ),
  gate(
    'filter_holds_total',
    'counter',
    'Times that a client was told that its filters are asked more than they may be, so that its messages wait.',
    ({ filterHolds }) => filterHolds,
  ),
  counted('closed_total', 'Connections that the gate closed, by close code.', 'code', ({ closed }) => closed),
  counted(
    'refused_total',
    'Connections and requests that were refused for the limits of the gate, by code.',
    'code',
    ({ refused }) => refused,
  ),
  gate(
    'handshakes',
    'gauge',
    'Connections that are no client yet, or never: that have not said what they want, or get a file or a refusal.',
    ({ handshakes }) => handshakes,
  ),
  gate(
    'handshakes_cut_total',
    'counter',
    'Those of them that were cut because there were too many.',
    ({ handshakesCut }) => handshakesCut,
  ),
  gate(
    'load_level',
    'gauge',
    'How far load is shed: 0 not at all, 1 newcomers are refused, 2 snapshots and history too, 3 connections are closed.',
    ({ loadLevel }) => loadLevel,
  ),
  gate('load_shed_total', 'counter', 'How often the shedding of load began.', ({ loadShed }) => loadShed),
  stream('ready', 'Whether clients are let in to the channels of a sink.', ({ ready }) => Number(ready)),
  stream('channels', 'Channels that a sink has published to.', ({ channels }) => channels),
  stream('window_bytes', 'Bytes of the window from which clients catch up.', ({ windowBytes }) => windowBytes),
  stream('window_messages', 'Messages in that window.', ({ windowMessages }) => windowMessages),
  stream(
    'snapshot_bytes',
    'Bytes of the last values that snapshots are made of.',
    ({ snapshotBytes }) => snapshotBytes,
  ),
  stream('snapshot_entries', 'The number of those values.', ({ snapshotEntries }) => snapshotEntries),
]

/** What only a gate of its own tells. */
export const linkTable: readonly Metric[] = [
  own('gate_links', 'gauge', 'Workers that are linked to this gate (`tidegate gate`).', [], ({ links }) =>
    links ? [[none, links.length]] : [],
  ),
  own(
    'gate_link_start_time_seconds',
    'gauge',
    'When the link to a worker that is linked to this gate began (s since the epoch); its name is new with each start of the worker.',
    ['worker'],
    ({ links }) => (links ?? []).map(({ worker: name, since }): Reading => [{ worker: name }, since / 1000]),
  ),
]
