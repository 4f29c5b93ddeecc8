import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import { openApi, routes } from '../../src/rest/index.ts'

export const document = openApi(routes)

const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(
  JSON.parse(JSON.stringify(document)) as object,
  'openapi.json',
)
const templates = Object.keys(document.paths).map((path) => ({
  path,
  pattern: RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`),
  parameters: path.split('{').length,
}))
const compiled = new Map<string, ValidateFunction>()

/** Whether an answer is as the OpenAPI document says: a status that is listed, and a body that fits its schema. */
export function expectDocumented(method: string, url: string, status: number, json: unknown): void {
  const path = url.split('?', 1)[0] ?? ''
  const [template] = templates
    .filter(({ pattern }) => pattern.test(path))
    .toSorted((a, b) => a.parameters - b.parameters)
  const operation = document.paths[template?.path ?? '']?.[method.toLowerCase()]
  // A path or method that there is not has no place in the document; HEAD and OPTIONS are HTTP's own.
  if (!template || !operation) return
  const answer = operation.responses[String(status)]
  expect(answer, `${method} ${template.path} is not documented to answer ${status}`).toBeDefined()
  const type = Object.keys(answer?.content ?? {})[0]
  if (type !== 'application/json') return
  const pointer = `/paths/${escape(template.path)}/${method.toLowerCase()}/responses/${status}/content/${escape(type)}/schema`
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi.json#${encodeURI(pointer)}` })
  compiled.set(pointer, validate)
  validate(json)
  expect(validate.errors ?? [], `${method} ${path} → ${status} ${JSON.stringify(json)}`).toEqual([])
}

const escape = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1')
