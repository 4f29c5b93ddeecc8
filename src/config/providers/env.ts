import { ConfigError, messageOf } from '#api'
import { javaRegex } from '../../util/java-regex.ts'
import type { ConfigProvider, ProviderContext } from './provider.ts'

/** `${env:NAME}`: a variable of the process's environment. */
export function createEnvProvider({ alias, params, env }: ProviderContext): ConfigProvider {
  const isAllowed = patternOf(alias, params['allowlist.pattern'])
  return {
    changes: false,
    get(path, keys) {
      if (path !== '') {
        return Promise.reject(
          new ConfigError(`Path is not supported for EnvVarConfigProvider, invalid value '${path}'`, {
            context: { path },
          }),
        )
      }
      const found = [...keys].flatMap((key) => {
        const value = Object.hasOwn(env, key) ? env[key] : undefined
        return value === undefined || !isAllowed(key) ? [] : [[key, value] as const]
      })
      return Promise.resolve(Object.fromEntries(found))
    },
  }
}

function patternOf(alias: string, pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true
  const property = `config.providers.${alias}.param.allowlist.pattern`
  try {
    const whole = javaRegex(pattern, { whole: true })
    return (name) => whole.test(name)
  } catch (error) {
    throw new ConfigError(`Invalid value ${pattern} for configuration ${property}: ${messageOf(error)}`, {
      cause: error,
      context: { key: property },
    })
  }
}
