import { ConfigError, type DeclaredAt, type Logger, messageOf, type Props } from '#api'
import {
  type ConfigResolver,
  clientPropsOf,
  createConfigResolver,
  loadWorkerConfig,
  type WorkerConfig,
} from '../config/index.ts'
import { checkGatewayFiles } from '../gateway/index.ts'
import { createKafkaClient } from '../kafka/index.ts'
import { validateConverters } from '../runtime/index.ts'
import { tlsFromProps } from '../security/index.ts'
import { systemClock } from '../util/clock.ts'
import { declaredAt } from './declared-at.ts'
import { findPlugins } from './find-plugins.ts'
import { restOptions } from './rest-options.ts'
import type { FileReport, Mistake } from './validate-files.ts'

/** What was found out about a worker's file, for the declarations to be checked against. */
export interface WorkerCheck {
  readonly report: FileReport
  readonly props: Props
  readonly pluginPath: readonly string[]
  /** Absent when the file cannot be used. */
  readonly resolver?: ConfigResolver
  /** Absent when it has no gates, too. */
  readonly gateway?: DeclaredAt | undefined
}

type Env = Readonly<Record<string, string | undefined>>

export async function checkWorkerFile(file: string, env: Env): Promise<WorkerCheck> {
  const report = (errors: readonly Mistake[], warnings: readonly string[]): FileReport => ({
    file,
    kind: 'worker',
    errors,
    warnings,
  })
  try {
    const loaded = await loadWorkerConfig({ file, env, flags: {} })
    const { props, config, warnings } = loaded
    const pluginPath = config['plugin.path']
    const found = await findPlugins(pluginPath, [], file)
    const connections = await connectionMistakes(loaded, file)
    const errors = [...converterMistakes(props, found.plugins), ...connections]
    return {
      report: report(errors, [...warnings, ...found.warnings]),
      props,
      pluginPath,
      resolver: createConfigResolver(props, { clock: systemClock, log: silent, env }),
      gateway: declaredAt(loaded.settings),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { warnings } = error.context as { warnings?: unknown }
    const notes = Array.isArray(warnings) ? warnings.map(String) : []
    return { report: report(mistakesOf(error), notes), props: {}, pluginPath: [] }
  }
}

function converterMistakes(props: Props, plugins: Parameters<typeof validateConverters>[2]): readonly Mistake[] {
  const mistakes: Mistake[] = []
  const add = (property: string, message: string) =>
    void mistakes.push({ property, value: props[property] ?? null, message })
  const keys = validateConverters([], props, plugins, add)
  for (const { name, definition, errors } of keys) {
    const isSecret = definition?.key.type === 'password'
    for (const message of errors) {
      mistakes.push({ property: name, value: isSecret ? '[hidden]' : (props[name] ?? null), message })
    }
  }
  return mistakes
}

/** What would keep the worker from speaking to Kafka or serving REST: the files that its properties name are read, and nobody is asked. */
async function connectionMistakes(
  { props, config, rest, settings }: WorkerConfig,
  file: string,
): Promise<readonly Mistake[]> {
  const servers = config['bootstrap.servers']
  const own = clientPropsOf(props)
  const tried = [
    async () => {
      const kafka = createKafkaClient({
        bootstrapServers: servers,
        clientId: file,
        props: own,
        log: silent,
        clock: systemClock,
      })
      await kafka.close()
      if (/SSL$/i.test(own['security.protocol']?.trim() ?? '')) await tlsFromProps(own, { warn: nothing })
    },
    () => restOptions(rest, props, silent),
    async () => {
      if (settings.gateway.enabled) await checkGatewayFiles(settings.gateway, systemClock, silent)
    },
  ]
  const results = await Promise.allSettled(tried.map((step) => step()))
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return []
    if (result.reason instanceof ConfigError) return mistakesOf(result.reason)
    throw result.reason
  })
}

function mistakesOf(error: ConfigError): readonly Mistake[] {
  const { errors } = error.context
  return (Array.isArray(errors) ? errors.map(String) : [messageOf(error)]).map(toMistake)
}

/** The sentences of `ConfigDef` name property and value. */
function toMistake(message: string): Mistake {
  const [, value = null, property] = /^Invalid value (.*?) for configuration ([\w.-]+)/s.exec(message) ?? []
  const missing = /configuration "([\w.-]+)"/.exec(message)?.[1]
  const setting = /^([a-z]+(?:\.[\w-]+)+):/i.exec(message)?.[1]
  return { property: property ?? missing ?? setting ?? null, value, message }
}

const nothing = (): void => undefined
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent }
