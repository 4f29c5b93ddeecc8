import { Type } from 'typebox'

/** An object without other members. */
export const strict = { additionalProperties: false }

/** One of the OpenAPI document's own schemas. */
export const ref = (name: string) => Type.Ref(`#/components/schemas/${name}`)

export const map = (values: Parameters<typeof Type.Array>[0], description?: string) =>
  Type.Object({}, { additionalProperties: values, ...(description === undefined ? {} : { description }) })

export const textOrNull = Type.Union([Type.String(), Type.Null()])

export const connectorType = Type.Enum(['source', 'sink', 'unknown'])
