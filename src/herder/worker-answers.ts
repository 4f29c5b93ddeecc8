import type { Props, SinkConnector, SourceConnector } from '#api'
import type { Preview, PreviewOptions, WorkerDeps } from '../runtime/index.ts'
import type { Declarations } from './declarations.ts'
import type { Herder } from './herder.ts'
import { createPluginInfos } from './plugin-infos.ts'

/** Takes records through a valid declaration, placeholders replaced, sending and committing nothing. */
export type PreviewDeclaration = (
  connector: SourceConnector | SinkConnector,
  props: Props,
  options: PreviewOptions,
) => Promise<Preview>

export interface WorkerAnswersOptions {
  readonly deps: WorkerDeps
  readonly declarations: Declarations
  readonly preview: PreviewDeclaration
  readonly version: string
  readonly commit: string
}

/** What a worker answers whether it is alone or one of many: of itself, its plugins, and declarations that do not run. */
export function createWorkerAnswers({
  deps,
  declarations,
  preview,
  version,
  commit,
}: WorkerAnswersOptions): Pick<Herder, 'serverInfo' | 'plugins' | 'pluginConfig' | 'validate' | 'preview'> {
  return {
    async serverInfo() {
      return { version, commit, kafka_cluster_id: await deps.kafka.clusterId() }
    },
    ...createPluginInfos(deps.plugins),
    validate: declarations.validate,
    async preview(raw, { limit, signal }) {
      const { plugin, props, redact } = await declarations.check(raw)
      return preview(plugin, props, { deps, limit, signal, redact })
    },
  }
}
