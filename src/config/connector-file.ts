import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, messageOf } from '#api'
import { nearest } from '../util/nearest.ts'
import { type FileContent, readConfigFile } from './read-file.ts'

export interface ConnectorDeclaration {
  readonly name: string
  /** Flat, with `name` in it. */
  readonly config: Readonly<Record<string, string>>
  readonly initialState: 'STARTED' | 'PAUSED' | 'STOPPED'
  readonly file: string
}

const members = ['name', 'config', 'initial_state'] as const
const states: Readonly<Record<string, ConnectorDeclaration['initialState']>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
}

/**
 * Reads a connector's declaration as Kafka Connect's standalone worker does: Java properties, a flat JSON object,
 * or JSON as it is sent to `POST /connectors`. Throws `ConfigError` that names the file and what is wrong in it.
 */
export async function readConnectorFile(file: string): Promise<ConnectorDeclaration> {
  const content = await readConfigFile(file)
  return isObject(content['config']) ? fromRequest(content, content['config'], file) : fromFlat(content, file)
}

/** The declarations directly in a folder (`*.json`, not in subfolders), sorted by name. */
export async function connectorFiles(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json') && !entry.name.startsWith('.'))
      .map(({ name }) => join(dir, name))
      .toSorted()
  } catch (error) {
    throw new ConfigError(`The folder ${dir} could not be read: ${messageOf(error)}`, {
      cause: error,
      context: { dir },
    })
  }
}

function fromRequest(content: FileContent, given: FileContent, file: string): ConnectorDeclaration {
  const unknown = Object.keys(content).find((member) => !members.some((known) => known === member))
  if (unknown !== undefined) {
    const meant = nearest(unknown, members)
    throw complaint(
      file,
      `"${unknown}" is unknown beside "config"${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`,
    )
  }
  const config = flatten(given, file)
  const name = content['name'] === undefined ? config['name'] : toText(content['name'])
  if (name === undefined) throw complaint(file, 'the connector has no "name"')
  if (config['name'] !== undefined && config['name'] !== name) {
    throw complaint(file, `the name "${name}" differs from the name "${config['name']}" in its "config"`)
  }
  const wanted = content['initial_state'] ?? 'RUNNING'
  const initialState = typeof wanted === 'string' ? states[wanted.toUpperCase()] : undefined
  if (initialState === undefined) {
    throw complaint(file, `"initial_state" must be RUNNING, PAUSED or STOPPED, not ${JSON.stringify(wanted)}`)
  }
  return { name: checked(name, file), config: { ...config, name }, initialState, file }
}

function fromFlat(content: FileContent, file: string): ConnectorDeclaration {
  const config = flatten(content, file)
  const name = config['name']
  if (name === undefined) throw complaint(file, 'the connector has no "name"')
  return { name: checked(name, file), config, initialState: 'STARTED', file }
}

function checked(name: string, file: string): string {
  if (name.trim() === '') throw complaint(file, 'the "name" must not be empty')
  return name
}

/** Properties are flat text; numbers and booleans become text, a null is as good as absent. */
function flatten(content: FileContent, file: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(content).flatMap(([key, value]) => {
      if (value === null) return []
      const text = toText(value)
      if (text === undefined) {
        const what = Array.isArray(value) ? 'a list' : 'an object'
        throw complaint(
          file,
          `"${key}" must be a text, a number or true or false, not ${what}; quote it to hand it over as text`,
        )
      }
      return [[key, text]]
    }),
  )
}

const toText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined

const isObject = (value: unknown): value is FileContent =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const complaint = (file: string, what: string): ConfigError =>
  new ConfigError(`${file}: ${what}.`, { context: { file } })
