import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, messageOf } from '#api'

/**
 * Where the npm module (or folder) is that someone in `baseDir` means; the worker itself may be installed elsewhere.
 * Node resolves for `require` only, so a package that exports to `import` alone is looked up here.
 */
export async function resolveModule(specifier: string, baseDir: string): Promise<string> {
  const require = createRequire(resolve(baseDir, 'resolve.js'))
  try {
    return pathToFileURL(require.resolve(specifier)).href
  } catch (error) {
    if (codeOf(error) === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
      for (const folder of require.resolve.paths(specifier) ?? []) {
        const entry = await importEntry(join(folder, specifier))
        if (entry !== undefined) return pathToFileURL(entry).href
      }
    }
    const missing = codeOf(error) === 'MODULE_NOT_FOUND'
    throw new ConfigError(
      missing
        ? `The plugin module "${specifier}" is not installed: nothing of this name was found from ${baseDir}.`
        : `The plugin module "${specifier}" could not be resolved: ${messageOf(error)}`,
      { cause: error, context: { module: specifier, missing } },
    )
  }
}

async function importEntry(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { exports } = JSON.parse(text) as { exports?: unknown }
  const target = importTarget(isObject(exports) && '.' in exports ? exports['.'] : exports)
  return target === undefined ? undefined : join(folder, target)
}

function importTarget(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (!isObject(target)) return undefined
  return importTarget(target['import'] ?? target['node'] ?? target['default'])
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const codeOf = (error: unknown): unknown => (isObject(error) ? error['code'] : undefined)
