import type { Bench, Findings } from '../figures.ts'
import { cluster } from './cluster.ts'
import { delta } from './delta.ts'
import { fanOut } from './fan-out.ts'
import { filePipeline } from './file-pipeline.ts'
import { gate } from './gate.ts'
import { ingress } from './ingress.ts'
import { memory } from './memory.ts'
import { sinkPath } from './sink-path.ts'
import { start } from './start.ts'

export interface Measure {
  readonly needsKafka: boolean
  run(bench: Bench): Promise<Findings>
}

/** By the names that the command line knows, in the order in which they run. */
export const measures: ReadonlyMap<string, Measure> = new Map([
  ['sink-path', { needsKafka: true, run: sinkPath }],
  ['file-pipeline', { needsKafka: true, run: filePipeline }],
  ['cluster', { needsKafka: true, run: cluster }],
  ['fan-out', { needsKafka: false, run: fanOut }],
  ['gate', { needsKafka: true, run: gate }],
  ['delta', { needsKafka: false, run: delta }],
  ['ingress', { needsKafka: true, run: ingress }],
  ['start', { needsKafka: true, run: start }],
  ['memory', { needsKafka: false, run: memory }],
])
