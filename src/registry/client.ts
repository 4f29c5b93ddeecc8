import type { MaybePromise } from '#api'
import { DataError, isRetriable, NotFoundError } from '#api'
import { type Answer, type ConnectionOptions, connect } from './connection.ts'
import type { Referenced, RegistrySchema, SchemaFormat, SchemaReference } from './format.ts'
import { createLoader } from './loader.ts'

/** A schema as the registry knows it. */
export interface RegisteredSchema<S> {
  readonly id: number
  readonly schema: S
}

export interface SubjectSchema<S> extends RegisteredSchema<S> {
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
export interface Registry<S extends RegistrySchema> {
  readonly url: string
  byId(id: number): MaybePromise<RegisteredSchema<S>>
  /** The subject's newest schema; `NotFoundError` when there is no such subject. */
  latest(subject: string): MaybePromise<SubjectSchema<S>>
  version(subject: string, version: number): MaybePromise<SubjectSchema<S>>
  /** Registers the schema unless the subject has it already; answers its id. */
  register(subject: string, schema: S): MaybePromise<number>
  /** The id of a schema that the subject has; `NotFoundError` when it has not. */
  lookup(subject: string, schema: S): MaybePromise<number>
  /** Asks about the subject's newest schema, by the subject's rule. A subject without schemas takes any. */
  compatibility(subject: string, schema: S): Promise<Compatibility>
  subjects(): Promise<readonly string[]>
  close(): void
}

export interface RegistryOptions<S extends RegistrySchema> extends ConnectionOptions {
  readonly format: SchemaFormat<S>
}

interface SchemaAnswer {
  readonly id?: number
  readonly version?: number
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly SchemaReference[]
}

/** The most schemas that one may refer to, theirs included. */
const maxReferenced = 200

/** How long (ms) "does not exist" is repeated without asking again. */
const absentMs = 5000

export function createRegistry<S extends RegistrySchema>(options: RegistryOptions<S>): Registry<S> {
  const { config, clock, format } = options
  const connection = connect(options)
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

  const ids = createLoader<RegisteredSchema<S>>(common)
  const versions = createLoader<SubjectSchema<S>>(common)
  const newest = createLoader<SubjectSchema<S>>({
    ...common,
    ttlMs: latestTtl < 0 ? Number.POSITIVE_INFINITY : latestTtl * 1000,
    isAway: isRetriable,
  })
  const registered = createLoader<number>(common)
  const found = createLoader<number>(common)
  /** What a schema refers to, for those that refer to it. */
  const uses = new WeakMap<S, readonly Referenced<S>[]>()

  async function loadById(id: number): Promise<RegisteredSchema<S>> {
    const answer = await connection.ask(`the schema with id ${id}`, (api, given) => api.Schema.find({ id, ...given }))
    if (!answer.ok) {
      const problem = answer.status === 404 ? 'does not exist in' : 'was not given by'
      throw refusal(`The schema id ${id} ${problem} ${url}`, answer, { schemaId: id })
    }
    return { id, schema: await compile(answer.data as SchemaAnswer, `The schema id ${id}`) }
  }

  async function loadVersion(subject: string, version: number | 'latest'): Promise<SubjectSchema<S>> {
    const what = version === 'latest' ? `The subject ${subject}` : `Version ${version} of the subject ${subject}`
    const answer = await connection.ask(`version ${version} of the subject ${subject}`, (api, given) =>
      api.Subject.version({ subject, version, ...given }),
    )
    if (!answer.ok) {
      if (answer.status !== 404) throw refusal(`${what} was not given by ${url}`, answer, { subject })
      throw absent(`${what} does not exist in ${url}`, subject)
    }
    const data = answer.data as SchemaAnswer
    return { id: Number(data.id), version: Number(data.version), subject, schema: await compile(data, what) }
  }

  async function compile(data: SchemaAnswer, what: string): Promise<S> {
    const { schema: text, schemaType = 'AVRO', references = [] } = data
    if (schemaType !== format.type) throw new DataError(`${what} in ${url} is ${schemaType}, not ${format.title}.`)
    const referenced: Referenced<S>[] = []
    for (const { name, subject, version } of references) {
      const { schema } = await versions.get(`${version} ${subject}`, () => loadVersion(subject, version))
      for (const used of [...(uses.get(schema) ?? []), { name, schema }]) {
        if (!referenced.some((known) => known.name === used.name && known.schema.text === used.schema.text)) {
          referenced.push(used)
        }
      }
      if (referenced.length > maxReferenced)
        throw new DataError(`${what} in ${url} refers to more than ${maxReferenced} schemas.`)
    }
    const schema = await format.compile(text, references, referenced)
    uses.set(schema, referenced)
    return schema
  }

  async function register(subject: string, schema: S): Promise<number> {
    const answer = await connection.ask(`the registration of a schema of the subject ${subject}`, (api, given) =>
      api.Subject.register({ subject, body: bodyOf(schema), ...normalize, ...given }),
    )
    if (!answer.ok) {
      const problem = answer.status === 409 ? 'is not compatible with those before' : 'was refused'
      throw refusal(`A schema of the subject ${subject} ${problem} by ${url}`, answer, { subject })
    }
    newest.forget(subject)
    found.forget(`${subject} ${schema.text}`)
    return Number((answer.data as SchemaAnswer).id)
  }

  async function lookup(subject: string, schema: S): Promise<number> {
    const answer = await connection.ask(`the id of a schema of the subject ${subject}`, (api, given) =>
      api.Subject.registered({ subject, body: bodyOf(schema), ...normalize, ...given }),
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

  // Avro is what a registry takes a schema for that names no type.
  const kind = format.type === 'AVRO' ? {} : { schemaType: format.type }
  const bodyOf = ({ text, references }: S): object => ({
    schema: text,
    ...kind,
    ...(references.length > 0 && { references }),
  })

  return {
    url,
    byId: (id) => ids.get(String(id), () => loadById(id)),
    latest: (subject) => newest.get(subject, () => loadVersion(subject, 'latest')),
    version: (subject, version) => versions.get(`${version} ${subject}`, () => loadVersion(subject, version)),
    register: (subject, schema) => registered.get(`${subject} ${schema.text}`, () => register(subject, schema)),
    lookup: (subject, schema) => found.get(`${subject} ${schema.text}`, () => lookup(subject, schema)),
    async compatibility(subject, schema) {
      const answer = await connection.ask(`the compatibility of a schema with the subject ${subject}`, (api, given) =>
        api.Subject.compatible({ subject, version: 'latest', verbose: true, body: bodyOf(schema), ...given }),
      )
      if (!answer.ok) {
        if (answer.status === 404) return { compatible: true, messages: [] }
        throw refusal(`The compatibility with the subject ${subject} was not told by ${url}`, answer, { subject })
      }
      const { is_compatible, messages } = answer.data as { is_compatible?: boolean; messages?: readonly string[] }
      return { compatible: is_compatible === true, messages: messages ?? [] }
    },
    async subjects() {
      const answer = await connection.ask('its subjects', (api, given) => api.Subject.all(given))
      if (!answer.ok) throw refusal(`The subjects were not given by ${url}`, answer, {})
      return answer.data as readonly string[]
    },
    close: () => connection.close(),
  }
}
