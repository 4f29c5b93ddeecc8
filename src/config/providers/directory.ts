import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ConfigError, messageOf } from '#api'
import { readAllowedPaths } from './allowed-paths.ts'
import type { ConfigProvider, ProviderContext } from './provider.ts'
import { readBounded } from './read-bounded.ts'

/** `${directory:/path:name}`: the content of a file in a folder, as Kubernetes mounts secrets. */
export function createDirectoryProvider({ alias, params, warn }: ProviderContext): ConfigProvider {
  const isAllowed = readAllowedPaths(alias, params['allowed.paths'])
  return {
    changes: true,
    async get(path, keys) {
      if (path === '') return {}
      if (!isAllowed(path)) {
        warn({ provider: alias, path }, 'config provider may not read the path')
        return {}
      }
      if (!(await kindOf(path))?.isDirectory()) {
        warn({ provider: alias, path }, 'config provider was asked for a path that is no directory')
        return {}
      }
      // A key is the name of a file in this very folder.
      const names = [...keys].filter((key) => key !== '' && key !== '..' && basename(key) === key)
      const found = await Promise.all(names.map(async (name) => [name, await read(path, name)] as const))
      return Object.fromEntries(found.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])))
    },
  }
}

async function read(dir: string, name: string): Promise<string | undefined> {
  const path = join(dir, name)
  if (!(await kindOf(path))?.isFile()) return undefined
  try {
    return await readBounded(path)
  } catch (error) {
    throw new ConfigError(`Could not read file ${path} for property ${name}: ${messageOf(error)}`, {
      cause: error,
      context: { path },
    })
  }
}

const kindOf = async (path: string) =>
  stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new ConfigError(`Could not read ${path}: ${messageOf(error)}`, { cause: error, context: { path } })
  })
