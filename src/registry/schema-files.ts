import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, ConfigError, ConnectError, messageOf, NotFoundError } from '#api'
import { systemClock } from '../util/clock.ts'
import { type AvroSchema, compileAvro } from './avro/compile.ts'
import { avroFormat } from './avro/format.ts'
import { createRegistry, type Registry } from './client.ts'
import { registryConfig } from './config.ts'

export type SchemaFileStatus = 'new' | 'unchanged' | 'compatible' | 'incompatible' | 'invalid'

/** What became of one `.avsc` file. */
export interface SchemaFileReport {
  readonly file: string
  /** The file's name without `.avsc`. */
  readonly subject: string
  readonly status: SchemaFileStatus
  /** The registry's reasons, or what is wrong in the file. */
  readonly reasons: readonly string[]
  /** The schema's id, once it is registered. */
  readonly id?: number | undefined
}

export interface SchemaFilesOptions {
  readonly registryUrl: string
  /** The folder with the `.avsc` files; the file name is the subject. */
  readonly dir: string
  readonly clock?: Clock
}

/** Compares every `.avsc` file of a folder with the registry. Rejects with `RetriableError` when the registry is away. */
export function checkSchemas(options: SchemaFilesOptions): Promise<readonly SchemaFileReport[]> {
  return withRegistry(options, async (registry) => {
    const files = await checkAll(registry, options.dir)
    return files.map(({ report }) => report)
  })
}

/**
 * Registers what is new or changed, if all files are valid and compatible; rejects with `ConfigError` naming those
 * that are not, and then registers none.
 */
export function registerSchemas(options: SchemaFilesOptions): Promise<readonly SchemaFileReport[]> {
  return withRegistry(options, async (registry) => {
    const files = await checkAll(registry, options.dir)
    const bad = files.filter(({ report }) => report.status === 'invalid' || report.status === 'incompatible')
    if (bad.length > 0) {
      const lines = bad.map(({ report }) => `${report.file} is ${report.status}: ${report.reasons.join(' ')}`)
      throw new ConfigError(`Nothing was registered. ${lines.join(' ')}`, { context: { errors: lines } })
    }
    const reports: SchemaFileReport[] = []
    for (const { report, avro } of files) {
      const id = report.id ?? (avro && (await registry.register(report.subject, avro)))
      reports.push({ ...report, id })
    }
    return reports
  })
}

async function withRegistry<T>(
  { registryUrl, clock = systemClock }: SchemaFilesOptions,
  use: (registry: Registry<AvroSchema>) => Promise<T>,
) {
  const registry = createRegistry({ config: registryConfig(registryUrl), clock, format: avroFormat })
  try {
    return await use(registry)
  } finally {
    registry.close()
  }
}

interface Checked {
  readonly report: SchemaFileReport
  readonly avro?: AvroSchema
}

async function checkAll(registry: Registry<AvroSchema>, dir: string): Promise<readonly Checked[]> {
  const checked: Checked[] = []
  for (const name of await list(dir))
    checked.push(await check(registry, join(dir, name), name.slice(0, -'.avsc'.length)))
  return checked
}

async function list(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((name) => name.endsWith('.avsc')).toSorted()
  } catch (error) {
    throw new ConfigError(`The folder ${dir} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}

async function check(registry: Registry<AvroSchema>, file: string, subject: string): Promise<Checked> {
  let avro: AvroSchema
  try {
    avro = compileAvro(await readFile(file, 'utf8'))
  } catch (error) {
    return { report: { file, subject, status: 'invalid', reasons: [messageOf(error)] } }
  }
  try {
    const id = await registry.lookup(subject, avro)
    return { report: { file, subject, status: 'unchanged', reasons: [], id }, avro }
  } catch (error) {
    if (!(error instanceof NotFoundError)) return refused(file, subject, error)
  }
  try {
    const latest = await registry.latest(subject)
    const { compatible, messages } = await registry.compatibility(subject, avro)
    if (compatible) return { report: { file, subject, status: 'compatible', reasons: [] }, avro }
    const reasons = messages.length > 0 ? messages : ownReasons(latest.schema, avro)
    return { report: { file, subject, status: 'incompatible', reasons }, avro }
  } catch (error) {
    if (error instanceof NotFoundError) return { report: { file, subject, status: 'new', reasons: [] }, avro }
    return refused(file, subject, error)
  }
}

/** The registry takes a schema for invalid that passed here; any other failure is not the file's. */
function refused(file: string, subject: string, error: unknown): Checked {
  if (!ConnectError.is(error) || error.code !== 'DATA') throw error
  return { report: { file, subject, status: 'invalid', reasons: [error.message] } }
}

/** Apicurio Registry says that, not why. */
function ownReasons(latest: AvroSchema, avro: AvroSchema): readonly string[] {
  const attempts = [
    { what: 'Data of the newest version cannot be read with it', reader: avro, writer: latest },
    { what: 'Its data cannot be read with the newest version', reader: latest, writer: avro },
  ]
  return attempts.flatMap(({ what, reader, writer }) => {
    try {
      reader.type.createResolver(writer.type)
      return []
    } catch (error) {
      return [`${what}: ${messageOf(error)}.`]
    }
  })
}
