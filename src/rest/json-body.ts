import { BadRequestError, messageOf } from '#api'
import { stringifyExactly } from '../util/exact-json.ts'
import { nearest } from '../util/nearest.ts'
import { parseJson } from '../util/parse-json.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Reads a body that has to be a JSON object; `toNumber` gets numbers as they were written. */
export function readObject(body: Buffer | undefined, toNumber: (literal: string) => unknown): Fields {
  if (body === undefined || body.length === 0) {
    throw new BadRequestError('The request has no body; send a JSON object')
  }
  const value = readJson(body, toNumber)
  if (!isObject(value)) throw new BadRequestError(`The request body is ${kindOf(value)}; send a JSON object`)
  return value
}

/** `where` has these fields, such as `the request body`. */
export function refuseUnknownFields(fields: Fields, known: readonly string[], where: string): void {
  for (const field of Object.keys(fields)) {
    if (known.includes(field)) continue
    const near = nearest(field, known)
    const hint = near === undefined ? '' : `; the nearest known field is "${near}"`
    throw new BadRequestError(`Unrecognized field "${field}" in ${where}${hint}`, { context: { field } })
  }
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value in words, for who sent the wrong one. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `the ${typeof value} ${stringifyExactly(value)}`
}

export function readJson(body: Buffer, toNumber: (literal: string) => unknown): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (cause) {
    throw new BadRequestError('The request body is not UTF-8', { cause })
  }
  try {
    return parseJson(text, toNumber)
  } catch (cause) {
    throw new BadRequestError(`The request body is not valid JSON: ${messageOf(cause)}`, { cause })
  }
}
