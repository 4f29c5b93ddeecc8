const confluentNamespace = 'io.confluent.connect.json'

/** Keywords by which Confluent's converter keeps in a JSON Schema what JSON Schema does not know. */
export const keywords = {
  type: 'connect.type',
  index: 'connect.index',
  version: 'connect.version',
  parameters: 'connect.parameters',
} as const

/** Begins a parameter of a Connect schema that is no parameter of the user's. */
export const ownParameter = `${confluentNamespace}.`

/** Present where a string is one of some; followed by `.` and each of them. */
export const enumParameter = `${confluentNamespace}.Enum`

/** Stands for null in the parameters of an enum. */
export const nullMarker = '<NULL>'

/** The name of the struct that stands for a union: one optional field for each branch, of which one is set. */
export const unionName = `${confluentNamespace}.OneOf`

export const unionField = (index: number): string => `${unionName}.field.${index}`

/** The name of a string that holds JSON text: of a schema that says nothing of the type. */
export const anyName = `${confluentNamespace}.Any`

export const draft = 'http://json-schema.org/draft-07/schema#'
