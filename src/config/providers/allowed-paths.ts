import { existsSync } from 'node:fs'
import { isAbsolute, normalize, sep } from 'node:path'
import { ConfigError } from '#api'

/** Which paths may be read: those of `allowed.paths` and what is below them; all when it is absent. */
export function readAllowedPaths(alias: string, text: string | undefined): (path: string) => boolean {
  if (text === undefined || text === '') return () => true
  const allowed = text.split(',').map((path) => withoutEnd(normalize(path.trim())))
  for (const path of allowed) {
    const problem = isAbsolute(path) ? (existsSync(path) ? undefined : 'does not exist') : 'is not absolute'
    if (problem) {
      const property = `config.providers.${alias}.param.allowed.paths`
      throw new ConfigError(`Path ${path} ${problem} (${property})`, { context: { key: property } })
    }
  }
  return (path) => {
    const asked = normalize(path)
    return allowed.some((each) => asked === each || asked.startsWith(each === sep ? sep : each + sep))
  }
}

const withoutEnd = (path: string): string => (path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path)
