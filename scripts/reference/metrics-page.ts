import { code, type Page, page, table } from './markdown.ts'

export interface DocumentedMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
  readonly bean?: string
}

/** Every metric of `/metrics`, from the table that the worker itself reads. */
export const metricsPage = (metrics: readonly DocumentedMetric[]): Page =>
  page(
    'docs/metrics.md',
    '# Metrics',
    '`GET /metrics` of the REST listener answers in the text format of Prometheus. What Kafka Connect has as an MBean has the name that the example configuration of Prometheus’ JMX exporter gives it, so dashboards made for that work. Rates, averages and maxima are over `metrics.num.samples` windows of `metrics.sample.window.ms`; the totals of a task begin at its start. In a cluster each worker tells of what it runs: a connector’s state, health and restarts are told by the worker that has the connector. Beside these there are the usual `process_*` and `nodejs_*`.',
    '## Under Kafka Connect’s names',
    rows(metrics.filter(({ bean }) => bean !== undefined)),
    '## Ours',
    rows(metrics.filter(({ bean }) => bean === undefined)),
  )

const rows = (metrics: readonly DocumentedMetric[]): string =>
  table(
    ['metric', 'type', 'labels', 'meaning', 'MBean and attribute (`kafka.connect:…`)'],
    metrics.map(({ name, type, labels, help, bean }) => [
      code(name),
      type,
      labels.map(code).join(', '),
      help,
      bean === undefined ? '' : code(bean),
    ]),
  )
