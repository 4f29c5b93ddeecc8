import { ConfigError, type Logger, messageOf, type Props } from '#api'
import { type ConfigResolver, createConfigResolver, loadWorkerConfig } from '../config/index.ts'
import { validateConverters } from '../runtime/index.ts'
import { systemClock } from '../util/clock.ts'
import { findPlugins } from './find-plugins.ts'
import type { FileReport, Mistake } from './validate-files.ts'

/** What was found out about a worker's file, for the declarations to be checked against. */
export interface WorkerCheck {
  readonly report: FileReport
  readonly props: Props
  readonly pluginPath: readonly string[]
  /** Absent when the file cannot be used. */
  readonly resolver?: ConfigResolver
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
    const { props, config, warnings } = await loadWorkerConfig({ file, env, flags: {} })
    const pluginPath = config['plugin.path']
    const found = await findPlugins(pluginPath, [], file)
    const errors = converterMistakes(props, found.plugins)
    return {
      report: report(errors, [...warnings, ...found.warnings]),
      props,
      pluginPath,
      resolver: createConfigResolver(props, { clock: systemClock, log: silent, env }),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { errors, warnings } = error.context as { errors?: unknown; warnings?: unknown }
    const texts = Array.isArray(errors) ? errors.map(String) : [messageOf(error)]
    const notes = Array.isArray(warnings) ? warnings.map(String) : []
    return { report: report(texts.map(toMistake), notes), props: {}, pluginPath: [] }
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

/** The sentences of `ConfigDef` name property and value. */
function toMistake(message: string): Mistake {
  const [, value = null, property] = /^Invalid value (.*?) for configuration ([\w.-]+)/s.exec(message) ?? []
  const missing = /configuration "([\w.-]+)"/.exec(message)?.[1]
  const setting = /^([a-z]+(?:\.[\w-]+)+):/i.exec(message)?.[1]
  return { property: property ?? missing ?? setting ?? null, value, message }
}

const nothing = (): void => undefined
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent }
