import { dirname, resolve } from 'node:path'
import type { Logger } from '#api'
import type { ConnectorDeclaration } from '../config/index.ts'
import { connectors } from '../connectors/index.ts'
import { converters, headerConverters } from '../converters/index.ts'
import { createPlugins, isModuleName, loadPlugins, type Plugins } from '../plugins/index.ts'
import { predicates, transformations } from '../transforms/index.ts'

/** What comes with the worker. */
const builtIn = [connectors, converters, headerConverters, transformations, predicates] as const

/** The built-in plugins, those of `plugin.path`, and modules that declarations name in `connector.class`. */
export async function findPlugins(
  path: readonly string[],
  declarations: readonly Pick<ConnectorDeclaration, 'config'>[],
  file: string | undefined,
): Promise<{ readonly plugins: Plugins; readonly warnings: readonly string[] }> {
  const modules = declarations.map(({ config }) => config['connector.class'] ?? '').filter(isModuleName)
  const { lists, warnings } = await loadPlugins([...path, ...modules], dirname(resolve(file ?? 'worker')))
  return { plugins: createPlugins([...builtIn, ...lists]), warnings }
}

/** Says which connectors wait for a package, each with what to type. */
export function tellInstallable(plugins: Plugins, log: Logger): void {
  const lacking = plugins
    .list(true)
    .flatMap(({ class: name, package: needs }) => (needs?.install === undefined ? [] : [[name, needs.install]]))
  if (lacking.length === 0) return
  log.info({ connectors: Object.fromEntries(lacking) }, 'more connectors are available to install')
}
