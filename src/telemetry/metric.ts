import type { WorkerFigures } from './worker-figures.ts'

export type MetricType = 'gauge' | 'counter'
export type Labels = Readonly<Record<string, string | number>>

/** A value with its labels; undefined values are not shown. */
export type Reading = readonly [labels: Labels, value: number | undefined]

/** One line of `/metrics`: its name, its documentation and where its values come from. */
export interface Metric {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly labels: readonly string[]
  /** Kafka Connect's MBean and attribute, where it has one. */
  readonly bean?: string
  read(figures: WorkerFigures): Iterable<Reading>
}
