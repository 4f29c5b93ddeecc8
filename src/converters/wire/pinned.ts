import { readFile } from 'node:fs/promises'
import { ConfigError, type MaybePromise, messageOf, NotFoundError } from '#api'
import type { RegisteredSchema, Registry, RegistrySchema, SchemaFormat } from '../../registry/index.ts'
import type { DataFormat } from './format.ts'
import type { Subjects } from './subjects.ts'

export interface PinOptions<S extends RegistrySchema> {
  readonly registry: Registry<S>
  readonly format: DataFormat<S>
  readonly subjects: Subjects
  readonly id?: number | undefined
  readonly version?: number | undefined
  readonly file?: string | undefined
}

/** The schema of a topic that is named by an id, a version of its subject or a file; undefined when none is. */
export function createPin<S extends RegistrySchema>(
  options: PinOptions<S>,
): ((topic: string, record?: string) => MaybePromise<RegisteredSchema<S>>) | undefined {
  const { registry, format, subjects, id, version, file } = options
  if (id !== undefined) return () => registry.byId(id)
  if (version !== undefined) return (topic, record) => registry.version(subjects.of(topic, record), version)
  if (file === undefined) return undefined
  const load = createFile(file, format.schemas)
  const pins = new Map<string, RegisteredSchema<S>>()
  return async (topic) => {
    const schema = await load()
    const subject = subjects.of(topic, format.recordName(schema))
    try {
      const pinned = { id: await registry.lookup(subject, schema), schema }
      // The same object for the same topic, so that others can keep what they derive from it.
      const known = pins.get(topic)
      if (known?.id === pinned.id) return known
      if (pins.size >= maxPins) pins.clear()
      pins.set(topic, pinned)
      return pinned
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      throw new NotFoundError(`The schema of ${file} is not registered. ${messageOf(error)}`, {
        cause: error,
        context: error.context,
      })
    }
  }
}

/** The most topics whose id of a file's schema is kept. */
const maxPins = 1000

/** Reads a schema file once; a failure is not kept. */
export function createFile<S extends RegistrySchema>(file: string, schemas: SchemaFormat<S>): () => Promise<S> {
  let loaded: Promise<S> | undefined
  const load = async (): Promise<S> => {
    try {
      return await schemas.compile(await readFile(file, 'utf8'), [], [])
    } catch (error) {
      loaded = undefined
      throw new ConfigError(`The schema file ${file} cannot be used: ${messageOf(error)}`, { cause: error })
    }
  }
  return () => (loaded ??= load())
}
