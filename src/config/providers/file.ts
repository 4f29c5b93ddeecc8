import { ConfigError, messageOf } from '#api'
import { parseProperties } from '../properties.ts'
import { readAllowedPaths } from './allowed-paths.ts'
import type { ConfigProvider, ProviderContext } from './provider.ts'
import { readBounded } from './read-bounded.ts'

/** `${file:/path/to.properties:key}`: the value of a key in a Java properties file. */
export function createFileProvider({ alias, params, warn }: ProviderContext): ConfigProvider {
  const isAllowed = readAllowedPaths(alias, params['allowed.paths'])
  return {
    changes: true,
    async get(path, keys) {
      if (path === '') return {}
      if (!isAllowed(path)) {
        warn({ provider: alias, path }, 'config provider may not read the path')
        return {}
      }
      const properties = await read(path)
      return Object.fromEntries(Object.entries(properties).filter(([key]) => keys.has(key)))
    },
  }
}

async function read(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return parseProperties(await readBounded(path))
  } catch (error) {
    throw new ConfigError(`Could not read properties from file ${path}: ${messageOf(error)}`, {
      cause: error,
      context: { path },
    })
  }
}
