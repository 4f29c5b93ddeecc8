import type { Clock, MaybePromise } from '#api'
import { DataError, isRetriable, NotFoundError } from '#api'
import { type AvroSchema, compileAvro, type SchemaReference } from './avro/compile.ts'
import type { RegistryConfig } from './config.ts'
import { type Answer, connect } from './connection.ts'
import { createLoader } from './loader.ts'

/** A schema as the registry knows it. */
export interface RegisteredSchema {
  readonly id: number
  readonly avro: AvroSchema
}

export interface SubjectSchema extends RegisteredSchema {
  readonly subject: string
  readonly version: number
}

export interface Compatibility {
  readonly compatible: boolean
  /** The registry's reasons why not. */
  readonly messages: readonly string[]
}

/**
 * A client of a Confluent-compatible registry. What is cached is answered at once, everything else with a promise.
 * Throws `RetriableError` when the registry is away, `DataError` for what it does not have or will not take.
 */
export interface Registry {
  readonly url: string
  byId(id: number): MaybePromise<RegisteredSchema>
  /** The subject's newest schema; `NotFoundError` when there is no such subject. */
  latest(subject: string): MaybePromise<SubjectSchema>
  version(subject: string, version: number): MaybePromise<SubjectSchema>
  /** Registers the schema unless the subject has it already; answers its id. */
  register(subject: string, avro: AvroSchema): MaybePromise<number>
  /** The id of a schema that the subject has; `NotFoundError` when it has not. */
  lookup(subject: string, avro: AvroSchema): MaybePromise<number>
  /** Asks about the subject's newest schema, by the subject's rule. A subject without schemas takes any. */
  compatibility(subject: string, avro: AvroSchema): Promise<Compatibility>
  subjects(): Promise<readonly string[]>
  close(): void
}

export interface RegistryOptions {
  readonly config: RegistryConfig
  readonly clock: Clock
}

interface SchemaAnswer {
  readonly id?: number
  readonly version?: number
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly SchemaReference[]
}

/** How long (ms) "does not exist" is repeated without asking again. */
const absentMs = 5000

export function createRegistry({ config, clock }: RegistryOptions): Registry {
  const connection = connect(config)
  const { url } = connection
  const max = config['schemas.cache.config']
  const normalize = config['normalize.schemas'] ? { normalize: true } : {}
  const latestTtl = config['latest.cache.ttl.sec']
  const common = {
    clock,
    max,
    absentMs,
    isAbsent: (error: unknown) => error instanceof DataError || error instanceof NotFoundError,
  }

  const ids = createLoader<RegisteredSchema>(common)
  const versions = createLoader<SubjectSchema>(common)
  const newest = createLoader<SubjectSchema>({
    ...common,
    ttlMs: latestTtl < 0 ? Number.POSITIVE_INFINITY : latestTtl * 1000,
    isAway: isRetriable,
  })
  const registered = createLoader<number>(common)
  const found = createLoader<number>(common)

  async function loadById(id: number): Promise<RegisteredSchema> {
    const answer = await connection.ask(`the schema with id ${id}`, (api, options) =>
      api.Schema.find({ id, ...options }),
    )
    if (!answer.ok) {
      const problem = answer.status === 404 ? 'does not exist in' : 'was not given by'
      throw refusal(`The schema id ${id} ${problem} ${url}`, answer, { schemaId: id })
    }
    return { id, avro: await compile(answer.data as SchemaAnswer, `The schema id ${id}`) }
  }

  async function loadVersion(subject: string, version: number | 'latest'): Promise<SubjectSchema> {
    const what = version === 'latest' ? `The subject ${subject}` : `Version ${version} of the subject ${subject}`
    const answer = await connection.ask(`version ${version} of the subject ${subject}`, (api, options) =>
      api.Subject.version({ subject, version, ...options }),
    )
    if (!answer.ok) {
      if (answer.status !== 404) throw refusal(`${what} was not given by ${url}`, answer, { subject })
      throw absent(`${what} does not exist in ${url}`, subject)
    }
    const data = answer.data as SchemaAnswer
    return { id: Number(data.id), version: Number(data.version), subject, avro: await compile(data, what) }
  }

  async function compile(data: SchemaAnswer, what: string): Promise<AvroSchema> {
    const { schema, schemaType = 'AVRO', references = [] } = data
    if (schemaType !== 'AVRO') throw new DataError(`${what} in ${url} is ${schemaType}, not Avro.`)
    const referenced: AvroSchema[] = []
    for (const { subject, version } of references) {
      const { avro } = await versions.get(`${version} ${subject}`, () => loadVersion(subject, version))
      for (const used of [...avro.referenced, avro]) {
        if (!referenced.some(({ text }) => text === used.text)) referenced.push(used)
      }
    }
    return compileAvro(schema, references, referenced)
  }

  async function register(subject: string, avro: AvroSchema): Promise<number> {
    const answer = await connection.ask(`the registration of a schema of the subject ${subject}`, (api, options) =>
      api.Subject.register({ subject, body: bodyOf(avro), ...normalize, ...options }),
    )
    if (!answer.ok) {
      const problem = answer.status === 409 ? 'is not compatible with those before' : 'was refused'
      throw refusal(`A schema of the subject ${subject} ${problem} by ${url}`, answer, { subject })
    }
    newest.forget(subject)
    found.forget(`${subject} ${avro.text}`)
    return Number((answer.data as SchemaAnswer).id)
  }

  async function lookup(subject: string, avro: AvroSchema): Promise<number> {
    const answer = await connection.ask(`the id of a schema of the subject ${subject}`, (api, options) =>
      api.Subject.registered({ subject, body: bodyOf(avro), ...normalize, ...options }),
    )
    if (!answer.ok) {
      if (answer.status !== 404)
        throw refusal(`A schema of the subject ${subject} was refused by ${url}`, answer, { subject })
      throw absent(`The subject ${subject} in ${url} does not have this schema`, subject)
    }
    return Number((answer.data as SchemaAnswer).id)
  }

  const absent = (sentence: string, subject: string): NotFoundError =>
    new NotFoundError(`${sentence}: run \`tidegate schemas register\`.`, { context: { registry: url, subject } })

  const refusal = (sentence: string, answer: Answer & { ok: false }, context: object): DataError => {
    const said = answer.message === '' ? '' : ` (${answer.message})`
    return new DataError(`${sentence}${said}.`, { context: { registry: url, status: answer.status, ...context } })
  }

  return {
    url,
    byId: (id) => ids.get(String(id), () => loadById(id)),
    latest: (subject) => newest.get(subject, () => loadVersion(subject, 'latest')),
    version: (subject, version) => versions.get(`${version} ${subject}`, () => loadVersion(subject, version)),
    register: (subject, avro) => registered.get(`${subject} ${avro.text}`, () => register(subject, avro)),
    lookup: (subject, avro) => found.get(`${subject} ${avro.text}`, () => lookup(subject, avro)),
    async compatibility(subject, avro) {
      const answer = await connection.ask(`the compatibility of a schema with the subject ${subject}`, (api, options) =>
        api.Subject.compatible({ subject, version: 'latest', verbose: true, body: bodyOf(avro), ...options }),
      )
      if (!answer.ok) {
        if (answer.status === 404) return { compatible: true, messages: [] }
        throw refusal(`The compatibility with the subject ${subject} was not told by ${url}`, answer, { subject })
      }
      const { is_compatible, messages } = answer.data as { is_compatible?: boolean; messages?: readonly string[] }
      return { compatible: is_compatible === true, messages: messages ?? [] }
    },
    async subjects() {
      const answer = await connection.ask('its subjects', (api, options) => api.Subject.all(options))
      if (!answer.ok) throw refusal(`The subjects were not given by ${url}`, answer, {})
      return answer.data as readonly string[]
    },
    close: () => connection.close(),
  }
}

const bodyOf = ({ text, references }: AvroSchema): object =>
  references.length === 0 ? { schema: text } : { schema: text, references }
