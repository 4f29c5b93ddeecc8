import type { Logger } from '#api'
import { clientPropsOf, createConfigResolver, loadWorkerConfig, readConnectorFile } from '../config/index.ts'
import { createDeclarations } from '../herder/index.ts'
import { createKafkaClient } from '../kafka/index.ts'
import { noMetrics, type Preview, previewDeclaration } from '../runtime/index.ts'
import { createMemoryOffsetStore } from '../storage/index.ts'
import { systemClock as clock } from '../util/clock.ts'
import { createClosers } from '../util/closers.ts'
import { declaredAt } from './declared-at.ts'
import { findPlugins } from './find-plugins.ts'

export interface PreviewFileOptions {
  /** The worker's configuration, as `tidegate worker` takes it. */
  readonly worker?: string | undefined
  readonly flags: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limit: number
  /** Only what is wrong with Kafka or a provider is told. */
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Takes the newest records of a declaration's topics through it as the worker would. Throws `ConfigError` for what cannot run. */
export async function previewFile(file: string, options: PreviewFileOptions): Promise<Preview> {
  const { log, env, signal, limit } = options
  const declaration = await readConnectorFile(file)
  const { props, config, settings, warnings } = await loadWorkerConfig({
    file: options.worker,
    env,
    flags: options.flags,
  })
  const found = await findPlugins(config['plugin.path'], [declaration], options.worker)
  const closers = createClosers(log)
  try {
    const resolver = createConfigResolver(props, { clock, log, env })
    closers.add('config providers', () => resolver.close())
    const kafka = createKafkaClient({
      bootstrapServers: config['bootstrap.servers'],
      clientId: config['client.id'] || 'tidegate',
      props: clientPropsOf(props),
      log,
      clock,
    })
    closers.add('kafka', () => kafka.close())
    const deps = {
      kafka,
      plugins: found.plugins,
      offsets: createMemoryOffsetStore(),
      log,
      clock,
      workerProps: props,
      settings: config,
      metrics: noMetrics,
      resolver,
      topics: { record() {} },
    }
    const checked = await createDeclarations({ ...deps, gateway: declaredAt(settings) }).check(declaration.config)
    const preview = await previewDeclaration(checked.plugin, checked.props, {
      deps,
      limit,
      signal,
      redact: checked.redact,
    })
    const told = [...warnings, ...found.warnings, ...checked.warnings, ...preview.warnings]
    return { ...preview, warnings: told }
  } finally {
    await closers.closeAll()
  }
}
