import { stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, messageOf, type Plugin } from '#api'
import { readPlugins } from './exported.ts'
import type { PluginList } from './plugins.ts'
import { resolveModule } from './resolve-module.ts'

interface LoadedPlugins {
  readonly lists: readonly PluginList[]
  /** Of entries that hold no module, such as a jar or a folder of Java plugins. */
  readonly warnings: readonly string[]
}

/**
 * Imports third-party plugins, once at start: the worker property `plugin.path`, whose entries are npm modules or files (relative to `baseDir`),
 * and modules that connectors name in `connector.class`. Throws `ConfigError` that names the module which cannot be used.
 */
export async function loadPlugins(specifiers: readonly string[], baseDir: string): Promise<LoadedPlugins> {
  const lists: PluginList[] = []
  const warnings: string[] = []
  for (const specifier of new Set(specifiers.filter((entry) => entry !== ''))) {
    const url = await locate(specifier, baseDir)
    if (url === undefined)
      warnings.push(`plugin.path: ${specifier} holds no JavaScript module, as plugins for Java do not; skipped.`)
    else lists.push({ module: specifier, plugins: await importPlugins(specifier, url) })
  }
  return { lists, warnings }
}

/**
 * Whether a `connector.class` that no plugin answers to may name an npm module: those are lower case, class names are not.
 * Paths are left out on purpose: what may be loaded from the disk is said by `plugin.path` alone.
 */
export const isModuleName = (name: string): boolean =>
  /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name) && name.length <= 214

async function importPlugins(specifier: string, url: string): Promise<readonly Plugin[]> {
  let module: object
  try {
    module = (await import(url)) as object
  } catch (error) {
    throw new ConfigError(`The plugin module "${specifier}" could not be loaded: ${messageOf(error)}`, {
      cause: error,
      context: { module: specifier },
    })
  }
  return readPlugins(specifier, module)
}

async function locate(specifier: string, baseDir: string): Promise<string | undefined> {
  if (specifier.startsWith('file:')) return specifier
  if (/\.(?:jar|zip)$/.test(specifier)) return undefined
  if (!isAbsolute(specifier) && !/^\.{1,2}[\\/]/.test(specifier) && isModuleName(specifier)) {
    return resolveModule(specifier, baseDir)
  }
  const file = resolve(baseDir, specifier)
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) return resolveModule(file, baseDir).catch(() => undefined)
  if (!found && !/\.[cm]?[jt]s$/.test(specifier)) return undefined
  return pathToFileURL(file).href
}
