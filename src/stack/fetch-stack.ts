import { execFile } from 'node:child_process'
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Clock, messageOf } from '#api'
import { downloadFile, sha256Of } from './download.ts'
import { fetchWithMvn } from './fetch-with-mvn.ts'
import { withFileLock } from './file-lock.ts'
import { type Artifact, type StackLock, stackLock } from './lock.ts'
import { StackError } from './stack-error.ts'

export interface FetchOptions {
  /** Outside the checkout, shared by all of them. */
  readonly cacheDir: string
  /** The base URL to fetch from; when given, Maven is not asked. */
  readonly mavenRepository?: string | undefined
  readonly clock: Clock
  /** Takes one line of text. */
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
  readonly lock?: StackLock
}

/** Where the servers lie; nothing in it is ever written again. */
export interface StackFiles {
  /** For `java -cp`. */
  readonly kafkaClasspath: string
  readonly registryJar: string
}

const centralRepository = 'https://repo.maven.apache.org/maven2'
const parallel = 4
const progressMs = 2_000

/** Brings Kafka and the registry into the cache unless they are there; several processes may call it at once. */
export async function fetchStack(options: FetchOptions): Promise<StackFiles> {
  const { cacheDir, progress, lock = stackLock } = options
  const home = join(cacheDir, `stack-kafka-${lock.kafka.version}-registry-${lock.registry.version}-${lock.digest}`)
  const files: StackFiles = {
    kafkaClasspath: join(home, 'kafka', '*'),
    registryJar: join(home, 'registry', `apicurio-registry-app-${lock.registry.version}-runner.jar`),
  }
  if (await isComplete(home, files, lock)) return files
  await mkdir(cacheDir, { recursive: true })
  const onWait = (holder: string): void => progress(`Another process (${holder}) is fetching Kafka; waiting for it.`)
  await withFileLock(`${home}.lock`, { ...options, onWait }, async () => {
    if (await isComplete(home, files, lock)) return
    await fetchInto(`${home}.partial`, options, lock)
    await rm(home, { recursive: true, force: true })
    await rename(`${home}.partial`, home)
    progress('Kafka and the registry are in the cache.')
  })
  return files
}

/** A folder appears whole, by one rename; this only notices when somebody tidied up inside it. */
async function isComplete(home: string, { registryJar }: StackFiles, lock: StackLock): Promise<boolean> {
  const present = new Set(await readdir(join(home, 'kafka')).catch(() => []))
  return lock.kafka.artifacts.every(({ file }) => present.has(file)) && (await exists(registryJar))
}

async function fetchInto(partial: string, options: FetchOptions, lock: StackLock): Promise<void> {
  const { mavenRepository, progress, signal } = options
  const dir = join(partial, 'kafka')
  await mkdir(dir, { recursive: true })
  const wanted = [...lock.kafka.artifacts, ...lock.registry.artifacts]
  const missing: Artifact[] = []
  for (const artifact of wanted) if (!(await isIntact(dir, artifact))) missing.push(artifact)
  const size = `${megabytes(lock.kafka.bytes + lock.registry.bytes)} MB, once for all checkouts`
  const what = `Apache Kafka ${lock.kafka.version} and Apicurio Registry ${lock.registry.version} (${size})`

  if (missing.length > 0) {
    const mvn = mavenRepository === undefined && (await hasMvn())
    progress(`Fetching ${what} ${mvn ? 'with mvn' : `from ${mavenRepository ?? centralRepository}`} …`)
    if (!mvn) await download(dir, missing, options)
    else await fetchWithMvnOrElse(dir, missing, options)
  }

  const registry = join(partial, 'registry')
  await rm(registry, { recursive: true, force: true })
  await mkdir(registry)
  for (const { file } of lock.registry.artifacts) {
    await promisify(execFile)('tar', ['-xzf', join(dir, file), '-C', registry], signal ? { signal } : {})
  }
  // What is left of broken fetches, and the archives that have been unpacked.
  const kept = new Set(lock.kafka.artifacts.map(({ file }) => file))
  for (const name of await readdir(dir)) if (!kept.has(name)) await rm(join(dir, name), { recursive: true })
}

async function fetchWithMvnOrElse(dir: string, missing: readonly Artifact[], options: FetchOptions): Promise<void> {
  const { clock, progress, signal } = options
  let told = clock.now()
  const onFiles = (files: number): void => {
    if (clock.now() - told < progressMs) return
    told = clock.now()
    progress(`  ${files} of ${missing.length} files`)
  }
  try {
    await fetchWithMvn({ artifacts: missing, dir, signal, onFiles })
  } catch (error) {
    signal?.throwIfAborted()
    progress(`mvn could not bring it (${messageOf(error)}); fetching from ${centralRepository} instead …`)
    await download(dir, missing, options)
  }
}

async function download(dir: string, artifacts: readonly Artifact[], options: FetchOptions): Promise<void> {
  const { mavenRepository = centralRepository, clock, progress } = options
  const base = mavenRepository.replace(/\/+$/, '')
  const failed = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal
  const queue = [...artifacts]
  let bytes = 0
  let told = clock.now()
  const onBytes = (count: number): void => {
    bytes += count
    if (clock.now() - told < progressMs) return
    told = clock.now()
    progress(`  ${megabytes(bytes)} MB`)
  }
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { path, file, sha256 } = next
      await downloadFile({ url: `${base}/${path}`, target: join(dir, file), sha256, clock, signal, onBytes })
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: parallel }, () => work().catch((error: unknown) => failAll(failed, error))),
  )
  options.signal?.throwIfAborted()
  if (failed.signal.aborted || results.some(({ status }) => status === 'rejected')) {
    const cause: unknown = failed.signal.reason
    throw new StackError(`Kafka and the registry could not be fetched: ${messageOf(cause)}`, { cause })
  }
}

/** The first failure is the reason that the others are given. */
function failAll(failed: AbortController, error: unknown): void {
  if (!failed.signal.aborted) failed.abort(error)
}

const isIntact = async (dir: string, { file, sha256 }: Artifact): Promise<boolean> =>
  (await exists(join(dir, file))) && (await sha256Of(join(dir, file))) === sha256

const hasMvn = async (): Promise<boolean> =>
  promisify(execFile)('mvn', ['-v'], { shell: process.platform === 'win32' }).then(
    () => true,
    () => false,
  )

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
