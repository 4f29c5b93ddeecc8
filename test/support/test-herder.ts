import { onTestFinished } from 'vitest'
import type { GatewayPort, Props } from '#api'
import { webSocketServerSink } from '../../src/connectors/websocket/server-sink.ts'
import { converters, headerConverters } from '../../src/converters/index.ts'
import { createStandaloneHerder, type PreviewDeclaration, type StandaloneHerder } from '../../src/herder/index.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { type ConfigResolver, noMetrics } from '../../src/runtime/index.ts'
import { createMemoryOffsetStore, type OffsetStore } from '../../src/storage/index.ts'
import { createLogLevels } from '../../src/telemetry/log-levels.ts'
import { predicates, transformations } from '../../src/transforms/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { recordingLog } from './quiet.ts'
import { countingSource, recordingReader, recordingSink } from './recording-connectors.ts'

export interface TestHerderOptions {
  readonly bootstrapServers: string
  readonly offsets?: OffsetStore
  readonly workerProps?: Props
  readonly flushIntervalMs?: number
  readonly gracefulMs?: number
  readonly resolver?: ConfigResolver
  readonly preview?: PreviewDeclaration
  readonly gateway?: GatewayPort
}

const noPreview: PreviewDeclaration = async () => ({ records: [], warnings: [] })

/** For declarations without placeholders. */
export const plainValues: ConfigResolver = {
  resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }),
}

/** A standalone herder over a real Kafka with the recording connectors; it is stopped when the test ends. */
export function testHerder(options: TestHerderOptions): {
  herder: StandaloneHerder
  log: ReturnType<typeof recordingLog>
} {
  const log = recordingLog()
  const kafka = createKafkaClient({
    bootstrapServers: [options.bootstrapServers],
    clientId: 'test',
    log,
    clock: systemClock,
  })
  const herder = createStandaloneHerder({
    deps: {
      kafka,
      plugins: createPlugins([
        converters,
        headerConverters,
        headerConverters,
        transformations,
        predicates,
        [recordingSink, recordingReader, countingSource, webSocketServerSink],
      ]),
      gateway: options.gateway,
      offsets: options.offsets ?? createMemoryOffsetStore(),
      log,
      clock: systemClock,
      workerProps: { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter', ...options.workerProps },
      settings: {
        'offset.flush.interval.ms': options.flushIntervalMs ?? 200,
        'offset.flush.timeout.ms': 5000,
        'task.shutdown.graceful.timeout.ms': options.gracefulMs ?? 10_000,
        'topic.creation.enable': true,
      },
      metrics: noMetrics,
      resolver: options.resolver ?? plainValues,
    },
    settings: { 'topic.tracking.enable': true, 'topic.tracking.allow.reset': true },
    levels: createLogLevels('INFO', systemClock.now).levels,
    preview: options.preview ?? noPreview,
    workerId: () => 'test:8083',
    version: '0.0.0',
    commit: 'unknown',
  })
  onTestFinished(async () => {
    await herder.stop()
    await kafka.close()
  })
  return { herder, log }
}
