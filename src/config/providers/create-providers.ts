import { ConfigError, type Props } from '#api'
import { nearest } from '../../util/nearest.ts'
import { createDirectoryProvider } from './directory.ts'
import { createEnvProvider } from './env.ts'
import { createFileProvider } from './file.ts'
import type { ConfigProvider, ProviderContext } from './provider.ts'

const classes: ReadonlyMap<string, (context: ProviderContext) => ConfigProvider> = new Map([
  ['FileConfigProvider', createFileProvider],
  ['DirectoryConfigProvider', createDirectoryProvider],
  ['EnvVarConfigProvider', createEnvProvider],
])
const javaPackage = 'org.apache.kafka.common.config.provider.'

/** The providers of `config.providers`, by alias. Throws one `ConfigError` with all that is wrong. */
export function createProviders(
  workerProps: Props,
  context: Pick<ProviderContext, 'env' | 'warn'>,
): ReadonlyMap<string, ConfigProvider> {
  const aliases = (workerProps['config.providers'] ?? '').split(',').map((alias) => alias.trim())
  const providers = new Map<string, ConfigProvider>()
  const errors: string[] = []
  for (const alias of new Set(aliases.filter((each) => each !== ''))) {
    const property = `config.providers.${alias}.class`
    const name = workerProps[property]?.trim() ?? ''
    const create = classes.get(name.startsWith(javaPackage) ? name.slice(javaPackage.length) : name)
    if (create) providers.set(alias, create({ ...context, alias, params: paramsOf(alias, workerProps) }))
    else errors.push(complaint(property, name))
  }
  if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
  return providers
}

function complaint(property: string, name: string): string {
  const known = [...classes.keys()]
  if (name === '') return `Missing required configuration "${property}": one of ${known.join(', ')}.`
  const meant = nearest(name.slice(name.lastIndexOf('.') + 1), known)
  const hint = meant === undefined ? `; known are ${known.join(', ')}` : ` Did you mean ${meant}?`
  return `Invalid value ${name} for configuration ${property}: Class ${name} could not be found.${hint}`
}

function paramsOf(alias: string, workerProps: Props): Readonly<Record<string, string>> {
  const prefix = `config.providers.${alias}.param.`
  return Object.fromEntries(
    Object.entries(workerProps).flatMap(([name, value]) =>
      typeof value === 'string' && name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}
