import { readFile } from 'node:fs/promises'
import { ConfigError, type MaybePromise, messageOf, NotFoundError } from '#api'
import { type AvroSchema, compileAvro, type RegisteredSchema, type Registry } from '../../registry/index.ts'
import type { Subjects } from './subjects.ts'
import { recordName } from './writer.ts'

export interface PinOptions {
  readonly registry: Registry
  readonly subjects: Subjects
  readonly id?: number | undefined
  readonly version?: number | undefined
  readonly file?: string | undefined
}

/** The schema of a topic that is named by an id, a version of its subject or a file; undefined when none is. */
export function createPin(
  options: PinOptions,
): ((topic: string, record?: string) => MaybePromise<RegisteredSchema>) | undefined {
  const { registry, subjects, id, version, file } = options
  if (id !== undefined) return () => registry.byId(id)
  if (version !== undefined) return (topic, record) => registry.version(subjects.of(topic, record), version)
  if (file === undefined) return undefined
  const load = createFile(file)
  return async (topic) => {
    const avro = await load()
    const subject = subjects.of(topic, recordName(avro.type))
    try {
      return { id: await registry.lookup(subject, avro), avro }
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      throw new NotFoundError(`The schema of ${file} is not registered. ${messageOf(error)}`, {
        cause: error,
        context: error.context,
      })
    }
  }
}

/** Reads an Avro file once; a failure is not kept. */
export function createFile(file: string): () => Promise<AvroSchema> {
  let loaded: Promise<AvroSchema> | undefined
  const load = async (): Promise<AvroSchema> => {
    try {
      return compileAvro(await readFile(file, 'utf8'))
    } catch (error) {
      loaded = undefined
      throw new ConfigError(`The schema file ${file} cannot be used: ${messageOf(error)}`, { cause: error })
    }
  }
  return () => (loaded ??= load())
}
