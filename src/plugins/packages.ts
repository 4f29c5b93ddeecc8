import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ConfigError, type NpmPackage, type SinkConnector, type SourceConnector } from '#api'

type Connector = Pick<SourceConnector | SinkConnector, 'name' | 'package'>

/** A connector's optional package as it is beside this worker, for `GET /connector-plugins`. */
export interface PackageState extends NpmPackage {
  /** The version that is installed; null when none is. */
  readonly installed: string | null
  /** What to type before the connector can be used; absent when it can. */
  readonly install?: string
}

/** Looks for a package where `import` finds it from here, each time anew. */
export function packageState({ name, version }: NpmPackage): PackageState {
  const installed = installedVersion(name)
  const state = { name, version, installed: installed ?? null }
  const fits = installed !== undefined && lineOf(installed) === lineOf(version)
  return fits ? state : { ...state, install: `npm install ${name}@${version}` }
}

/** Why a connector cannot be used yet, and the command to type; undefined when it can. */
export function packageComplaint(connector: Connector): string | undefined {
  if (!connector.package) return undefined
  const { name, version, installed, install } = packageState(connector.package)
  if (install === undefined) return undefined
  const why =
    installed === null
      ? `${connector.name} needs the npm package ${name}, which is not installed`
      : `${connector.name} needs the npm package ${name} in version ${lineOf(version)}, and ${installed} is installed`
  return `${why}. Where the worker is installed, type: ${install} (and start the worker again).`
}

/** Throws `ConfigError` when a connector cannot be used yet: a task asks before it starts. */
export function requirePackage(connector: Connector): void {
  const complaint = packageComplaint(connector)
  if (complaint !== undefined) throw new ConfigError(complaint, { context: { package: connector.package?.name } })
}

function installedVersion(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const version = versionIn(join(folder, name, 'package.json'))
    if (version !== undefined) return version
  }
  return undefined
}

const untold = 'a version that is not told'

function versionIn(file: string): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // It is not there, or cannot be read by who would import it.
    return undefined
  }
  try {
    const { version } = JSON.parse(text) as { readonly version?: unknown }
    return typeof version === 'string' ? version : untold
  } catch {
    // A damaged package is installed anew as one of another version is.
    return untold
  }
}

/** Within it versions are taken for compatible: the major version, and before 1.0 the minor one. */
const lineOf = (version: string): string => /^(?:0\.\d+|\d+)/.exec(version)?.[0] ?? version
