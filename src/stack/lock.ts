import { createHash } from 'node:crypto'
import lockJson from './lock.json' with { type: 'json' }
import { StackError } from './stack-error.ts'

/** One file of a Maven repository, pinned by its SHA-256. */
export interface Artifact {
  readonly group: string
  readonly name: string
  readonly version: string
  /** `jar` or `tar.gz`. */
  readonly type: string
  readonly classifier?: string
  readonly sha256: string
  /** The file's name, unique in its bundle. */
  readonly file: string
  /** The file's path below a Maven repository's base URL. */
  readonly path: string
}

/** Everything one server needs to run. */
export interface Bundle {
  readonly version: string
  /** The sum of the files' sizes, for the progress lines. */
  readonly bytes: number
  readonly artifacts: readonly Artifact[]
}

export interface StackLock {
  readonly kafka: Bundle
  readonly registry: Bundle
  /** Changes whenever a version or a checksum does; it names the folder in the cache. */
  readonly digest: string
}

/** Reads `lock.json`; throws a StackError that names the first entry that cannot be used. */
export function parseLock(json: unknown): StackLock {
  return {
    kafka: parseBundle('kafka', json),
    registry: parseBundle('registry', json),
    digest: createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 12),
  }
}

function parseBundle(name: string, json: unknown): Bundle {
  const { version, bytes, artifacts } = fieldsOf(fieldsOf(json)[name])
  if (typeof version !== 'string' || typeof bytes !== 'number') {
    throw new StackError(`The stack's lock file has no version and size for "${name}".`)
  }
  const parsed = Object.entries(fieldsOf(artifacts)).map(([coordinates, sha256]) => parseArtifact(coordinates, sha256))
  const files = new Set(parsed.map(({ file }) => file))
  if (files.size !== parsed.length) throw new StackError(`Two files of "${name}" in the stack's lock have one name.`)
  return { version, bytes, artifacts: parsed }
}

function parseArtifact(coordinates: string, sha256: unknown): Artifact {
  const [group, name, version, type = 'jar', classifier, ...rest] = coordinates.split(':')
  if (!group || !name || !version || rest.length > 0 || !/^[\w.:-]+$/.test(coordinates) || coordinates.includes('..')) {
    throw new StackError(`"${coordinates}" in the stack's lock file is not group:artifact:version[:type[:classifier]].`)
  }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new StackError(`"${coordinates}" in the stack's lock file has no SHA-256.`)
  }
  const file = `${name}-${version}${classifier ? `-${classifier}` : ''}.${type}`
  const path = `${group.replaceAll('.', '/')}/${name}/${version}/${file}`
  return { group, name, version, type, ...(classifier ? { classifier } : {}), sha256, file, path }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/** The versions this release of Tidegate was tested with. */
export const stackLock: StackLock = parseLock(lockJson)
