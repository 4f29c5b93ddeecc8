import { type TSchema, Type } from 'typebox'
import { anyRequest } from './any-request.ts'
import type { Described, Route } from './route.ts'
import { components } from './schemas.ts'
import { ref } from './schemas-parts.ts'

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly description: string; readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Answer>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description?: string
  readonly schema: TSchema
}

export interface Answer {
  readonly description: string
  readonly content?: Content
}

type Content = Readonly<Record<string, { readonly schema: TSchema }>>

/** The OpenAPI 3.1 document of some routes. The API's version is Kafka Connect's, since tools decide by it. */
export function openApi(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) (paths[pathOf(route)] ??= {})[route.method.toLowerCase()] = toOperation(route)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate',
      version: '4.3.1',
      description: 'Kafka Connect’s REST API of this version, and what this worker adds to it.',
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
    // Either: whether credentials are asked for is the worker's configuration.
    security: [{}, { basic: [] }],
  }
}

/** `*`, which stands for the rest of a path, has no word in OpenAPI. */
const pathOf = ({ path }: Route): string => path.replace('*', ':rest').replace(/:(\w+)/g, '{$1}')

function toOperation(route: Route): Operation {
  const inPath = [...pathOf(route).matchAll(/\{(\w+)\}/g)].map(
    ([, name = '']): Parameter => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'task' ? Type.Integer({ minimum: 0 }) : Type.String(),
    }),
  )
  const inQuery = Object.entries(route.query ?? {}).map(([name, what]): Parameter => {
    const { doc, schema } = described(what, Type.String())
    return { name, in: 'query', required: false, description: doc, schema }
  })
  const parameters = [...inPath, ...inQuery]
  return {
    operationId: operationId(route),
    summary: route.doc,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? {
          requestBody: {
            description: route.body.doc,
            required: true,
            content: { [route.consumes ?? 'application/json']: { schema: route.body.schema } },
          },
        }
      : {}),
    responses: toResponses(route),
  }
}

function toResponses({ statuses, produces }: Route): Readonly<Record<string, Answer>> {
  const own = Object.entries(statuses).map(([status, what]): [string, Answer] => {
    const isError = Number(status) >= 400
    const { doc, schema } = described(what, isError ? ref('ErrorBody') : undefined)
    if (!schema) return [status, { description: doc }]
    return [
      status,
      { description: doc, content: isError ? json(schema) : { [produces ?? 'application/json']: { schema } } },
    ]
  })
  const common = anyRequest.map(([status, doc]): [string, Answer] =>
    status === 401
      ? [String(status), { description: doc }]
      : [String(status), { description: doc, content: json(ref('ErrorBody')) }],
  )
  const seen = new Set(own.map(([status]) => status))
  return Object.fromEntries([...own, ...common.filter(([status]) => !seen.has(status))].toSorted(byStatus))
}

const byStatus = ([a]: [string, Answer], [b]: [string, Answer]): number => Number(a) - Number(b)

const json = (schema: TSchema): Content => ({ 'application/json': { schema } })

function described<S extends TSchema | undefined>(what: string | Described, standard: S) {
  return typeof what === 'string' ? { doc: what, schema: standard } : what
}

/** `GET /connectors/:name/status` → `getConnectorsNameStatus`. */
const operationId = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .split(/[/:.*-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
