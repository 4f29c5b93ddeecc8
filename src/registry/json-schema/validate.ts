import { Ajv } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { DataError, messageOf, toJson } from '#api'
import type { JsonSchemaNode } from './compile.ts'

/** Lenient about what JSON Schema leaves open: unknown keywords, Connect's among them, and formats. */
const options = { strict: false, validateFormats: false, validateSchema: false, addUsedSchema: false } as const

/** Compiles a schema with those that it refers to, as the draft that it names; 7 when it names none. */
export function createValidate(
  json: JsonSchemaNode,
  documents: ReadonlyMap<string, JsonSchemaNode>,
): (data: unknown) => string | undefined {
  try {
    const ajv = createAjv(json)
    for (const [name, document] of documents) ajv.addSchema(withoutDraft(document), name)
    const validate = ajv.compile(withoutDraft(json))
    return (data) => {
      if (validate(data)) return undefined
      const [first] = validate.errors ?? []
      return `${first?.instancePath || 'the value'} ${first?.message ?? 'does not fit'}`
    }
  } catch (error) {
    throw new DataError(`The JSON Schema cannot be used for validation: ${messageOf(error)}.`, { cause: error })
  }
}

function createAjv(json: JsonSchemaNode): Ajv | Ajv2019 | Ajv2020 {
  const draft = typeof json === 'object' ? toJson(json['$schema']) : ''
  if (draft.includes('2020-12')) return new Ajv2020(options)
  if (draft.includes('2019-09')) return new Ajv2019(options)
  return new Ajv(options)
}

/** Ajv refuses drafts that it has no description of; what differs in draft 4 and 6 is little. */
function withoutDraft(json: JsonSchemaNode): JsonSchemaNode {
  if (typeof json === 'boolean') return json
  const { $schema: _draft, ...rest } = json
  return rest
}
