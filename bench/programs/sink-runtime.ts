import { defineConfig, defineSink, toJson } from '#api'
import { createConfigResolver } from '../../src/config/index.ts'
import { converters, headerConverters } from '../../src/converters/index.ts'
import { createStandaloneHerder } from '../../src/herder/index.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { noMetrics, previewDeclaration } from '../../src/runtime/index.ts'
import { createMemoryOffsetStore } from '../../src/storage/index.ts'
import { createLogging } from '../../src/telemetry/logger.ts'
import { predicates, transformations } from '../../src/transforms/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import type { SinkPathInput, SinkPathOutput } from '../measures/sink-path.ts'
import { serveCommands } from '../program.ts'
import { projection } from '../vehicles.ts'

// The worker's own runtime, from its log reader to `put`; the sink makes JSON of what it is given and throws it away.
const { log, levels } = createLogging('warn')

serveCommands({ run })

async function run({ kafka, registry, topic, group, records }: SinkPathInput): Promise<SinkPathOutput> {
  let finish: (output: SinkPathOutput) => void
  const finished = new Promise<SinkPathOutput>((resolve) => {
    finish = resolve
  })
  const sink = defineSink({
    name: 'BenchSink',
    version: '1.0.0',
    doc: 'Makes JSON text and counts it.',
    config: defineConfig({}),
    placement: 'everyWorker',
    warmMs: () => -1,
    startTask() {
      let cpu = process.cpuUsage()
      let began = performance.now()
      let count = 0
      let bytes = 0
      return {
        open() {
          cpu = process.cpuUsage()
          began = performance.now()
        },
        put(batch) {
          for (const record of batch) bytes += toJson(record.value).length
          count += batch.length
          if (count < records) return
          const { user, system } = process.cpuUsage(cpu)
          finish({ cpuUs: user + system, wallMs: performance.now() - began, records: count, bytes })
        },
      }
    },
  })
  const client = createKafkaClient({ bootstrapServers: kafka.split(','), clientId: group, log, clock: systemClock })
  const herder = createStandaloneHerder({
    deps: {
      kafka: client,
      plugins: createPlugins([[sink], converters, headerConverters, transformations, predicates]),
      offsets: createMemoryOffsetStore(),
      log,
      clock: systemClock,
      workerProps: {},
      metrics: noMetrics,
      resolver: createConfigResolver({}, { clock: systemClock, log, env: {} }),
      settings: {
        'offset.flush.interval.ms': 60_000,
        'offset.flush.timeout.ms': 5000,
        'task.shutdown.graceful.timeout.ms': 5000,
        'topic.creation.enable': true,
      },
    },
    settings: { 'topic.tracking.enable': true, 'topic.tracking.allow.reset': true },
    levels,
    preview: previewDeclaration,
    workerId: () => 'bench',
    version: '0',
    commit: 'unknown',
  })
  const declaration = {
    'connector.class': 'BenchSink',
    topics: topic,
    'key.converter': 'StringConverter',
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': registry,
    transforms: 'project',
    'transforms.project.type': 'Project',
    'transforms.project.fields': JSON.stringify(projection),
  }
  try {
    await herder.putConnector(group, declaration, { replace: false })
    return await finished
  } finally {
    await herder.stop()
    await client.close()
  }
}
