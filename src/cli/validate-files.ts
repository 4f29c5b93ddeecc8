import { ConnectError, defineConfig, messageOf, type Props } from '#api'
import { type ConnectorDeclaration, readConfigFile, readConnectorFile } from '../config/index.ts'
import type { Plugins } from '../plugins/index.ts'
import { sinkConfig, sourceConfig, validateDeclaration } from '../runtime/index.ts'
import { findPlugins } from './find-plugins.ts'
import { checkWorkerFile, type WorkerCheck } from './validate-worker.ts'

export interface Mistake {
  readonly property: string | null
  /** As it stands in the file; secrets as `[hidden]`. */
  readonly value: string | null
  readonly message: string
}

export interface FileReport {
  readonly file: string
  readonly kind: 'connector' | 'worker'
  readonly name?: string
  readonly errors: readonly Mistake[]
  readonly warnings: readonly string[]
}

type Env = Readonly<Record<string, string | undefined>>

/** Checks declarations and worker files; the first worker file is the one that the declarations are checked against. */
export async function validateFiles(files: readonly string[], env: Env): Promise<readonly FileReport[]> {
  const kinds = await Promise.all(files.map(kindOf))
  const workers = new Map<string, WorkerCheck>()
  for (const [at, file] of files.entries()) {
    if (kinds[at] === 'worker') workers.set(file, await checkWorkerFile(file, env))
  }
  const [first] = workers
  const names = new Map<string, string>()
  const reports: FileReport[] = []
  for (const file of files) {
    const worker = workers.get(file)
    reports.push(worker?.report ?? (await checkDeclaration(file, first?.[1], names)))
  }
  return reports
}

/** A declaration names a connector; what names none and has no name is a worker's. */
async function kindOf(file: string): Promise<'connector' | 'worker'> {
  const content = await readConfigFile(file).catch((error: unknown) => {
    if (ConnectError.is(error)) return undefined
    throw error
  })
  // A file that cannot be read is reported as a declaration, which most are.
  const isConnector = !content || ['connector.class', 'config', 'name'].some((member) => member in content)
  return isConnector ? 'connector' : 'worker'
}

async function checkDeclaration(
  file: string,
  worker: WorkerCheck | undefined,
  names: Map<string, string>,
): Promise<FileReport> {
  const report = (errors: readonly Mistake[], warnings: readonly string[] = [], name?: string): FileReport => ({
    file,
    kind: 'connector',
    ...(name !== undefined && { name }),
    errors,
    warnings,
  })
  let declared: ConnectorDeclaration | undefined
  try {
    declared = await readConnectorFile(file)
    const other = names.get(declared.name)
    names.set(declared.name, other ?? file)
    const twice = other === undefined ? [] : [mistake('name', declared.name, `${other} has a connector of this name.`)]
    const found = await look(declared, worker)
    return report([...twice, ...found.errors], found.warnings, declared.name)
  } catch (error) {
    if (!ConnectError.is(error)) throw error
    return report([mistake(null, null, messageOf(error))], [], declared?.name)
  }
}

async function look({ config }: ConnectorDeclaration, worker: WorkerCheck | undefined) {
  const type = config['connector.class']
  if (type === undefined) {
    const message = 'Missing required configuration "connector.class" which has no default value.'
    return { errors: [mistake('connector.class', null, message)], warnings: [] }
  }
  const { props, resolved, errors: failed } = await fillIn(config, worker)
  const { plugins } = await findPlugins(worker?.pluginPath ?? [], [{ config }], worker?.report.file)
  const plugin = findConnector(type, plugins)
  if ('error' in plugin) return { errors: [...failed, plugin.error, ...ofFramework(config)], warnings: [] }
  const context = { workerProps: worker?.props, raw: config, resolved, gateway: worker?.gateway }
  const { keys, warnings } = validateDeclaration(plugin, props, plugins, context)
  const unresolved = placeholders(props)
  const errors = keys.flatMap(({ name, definition, errors: texts }) => {
    if (unresolved.includes(name)) return []
    const value = definition?.key.type === 'password' && config[name] ? '[hidden]' : (config[name] ?? null)
    return texts.map((message) => mistake(name, value, message))
  })
  const unchecked = unresolved.map(
    (name) => `Property "${name}" was not checked: no config provider of the worker knows its placeholder`,
  )
  return { errors: [...failed, ...errors], warnings: [...warnings, ...unchecked] }
}

async function fillIn(config: Props, worker: WorkerCheck | undefined) {
  const asWritten = { props: config, resolved: new Set<string>(), errors: [] as readonly Mistake[] }
  if (!worker?.resolver) return asWritten
  try {
    return { ...asWritten, ...(await worker.resolver.resolve(config)) }
  } catch (error) {
    if (!ConnectError.is(error)) throw error
    return { ...asWritten, errors: [mistake(null, null, messageOf(error))] }
  }
}

function findConnector(type: string, plugins: Plugins) {
  try {
    return plugins.find('connector', type).plugin
  } catch (error) {
    if (!ConnectError.is(error)) throw error
    return { error: mistake('connector.class', type, messageOf(error)) }
  }
}

/** What every connector has can be checked though the connector is unknown. */
const ofFramework = (config: Props): readonly Mistake[] =>
  defineConfig({ ...sourceConfig.keys, ...sinkConfig.keys })
    .validate(config)
    .flatMap(({ name, errors }) => errors.map((message) => mistake(name, config[name] ?? null, message)))

const mistake = (property: string | null, value: string | null, message: string): Mistake => ({
  property,
  value,
  message,
})

/** The properties that are left to a provider that is not there: a worker's file was not named, or has no such provider. */
const placeholders = (props: Props): readonly string[] =>
  Object.keys(props).filter((name) => /\$\{[a-z][\w-]*:[^}]*\}/i.test(props[name] ?? ''))
