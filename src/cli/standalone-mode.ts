import { resolve } from 'node:path'
import { ConfigError, type GatewayPort, messageOf } from '#api'
import type { ConnectorDeclaration } from '../config/index.ts'
import { createStandaloneHerder, workerIdOf } from '../herder/index.ts'
import { previewDeclaration } from '../runtime/index.ts'
import { openFileOffsetStore } from '../storage/index.ts'
import type { WorkerMode, WorkerParts } from './worker-mode.ts'

/** Everything on this one worker; source offsets in a file. */
export async function standaloneMode(
  { config, deps, levels, closers, url, version, commit }: WorkerParts,
  gateway: GatewayPort | undefined,
  declarations: readonly ConnectorDeclaration[],
): Promise<WorkerMode> {
  const offsets = await openFileOffsetStore(offsetsFileOf(config.config))
  closers.add('offsets', () => offsets.close())
  const herder = createStandaloneHerder({
    deps: { ...deps, gateway, offsets },
    settings: config.config,
    levels,
    preview: previewDeclaration,
    workerId: () => workerIdOf(url()),
    version,
    commit,
  })
  closers.add('connectors', () => herder.stop())
  let hasBegun = false
  return {
    herder: () => herder,
    async begin() {
      for (const { name, config: declared, initialState, file } of declarations) {
        try {
          await herder.putConnector(name, declared, { replace: false, initialState })
        } catch (error) {
          throw new ConfigError(`${file}: ${messageOf(error)}`, { cause: error, context: { file } })
        }
      }
      hasBegun = true
    },
    waitsFor: () => (hasBegun ? undefined : 'The connectors of the files are being started.'),
  }
}

export const offsetsFileOf = (worker: WorkerParts['config']['config']): string =>
  resolve(worker['offset.storage.file.filename'] ?? 'connect.offsets')
