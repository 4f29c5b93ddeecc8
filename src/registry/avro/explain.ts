import type { Type } from 'avsc'
import { SchemaMismatchError, toJson } from '#api'

export interface MisfitOptions {
  /** Refuse fields that the type does not have; avsc drops them. */
  readonly strict?: boolean
  /** Facts for the error. */
  readonly context?: Readonly<Record<string, unknown>>
}

/** What in a value does not fit an Avro type, with its path; undefined when it fits. */
export function explainMisfit(
  type: Type,
  value: unknown,
  options: MisfitOptions = {},
): SchemaMismatchError | undefined {
  let field: string | undefined
  let problem = ''
  const errorHook = (path: readonly string[], found: unknown, expected: Type): void => {
    if (field !== undefined) return
    field = path.join('.')
    problem = describe(found, expected)
  }
  try {
    if (type.isValid(value, { errorHook, noUndeclaredFields: options.strict ?? false })) return undefined
  } catch {
    // avsc looks into what is no object: the position is not known then.
    field ??= ''
    problem ||= `does not fit the Avro type ${nameOf(type)}`
  }
  const subject = field === undefined || field === '' ? 'The value' : `"${field}"`
  return new SchemaMismatchError(`${subject} ${problem || `does not fit the Avro type ${nameOf(type)}`}.`, {
    context: { field: field ?? '', ...options.context },
  })
}

function describe(found: unknown, expected: Type): string {
  const { fields } = expected as { fields?: readonly { name: string }[] }
  if (fields && typeof found === 'object' && found !== null) {
    const unknown = Object.keys(found).find((key) => !fields.some(({ name }) => name === key))
    if (unknown !== undefined) return `has a field "${unknown}" that the schema does not have`
  }
  if (found === undefined) return 'is missing'
  return `must be of the Avro type ${nameOf(expected)}, not ${toJson(found).slice(0, 60)}`
}

function nameOf(type: Type): string {
  const { types, symbols } = type as { types?: readonly Type[]; symbols?: readonly string[] }
  if (types) return types.map(nameOf).join(' or ')
  if (symbols) return `${type.name} (${symbols.join(', ').slice(0, 100)})`
  return type.name ?? type.typeName.replace(/^.*:/, '')
}
