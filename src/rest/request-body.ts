import { BadRequestError, messageOf, type Props } from '#api'
import type { TargetState } from '../herder/herder.ts'
import { nearest } from '../util/nearest.ts'
import { parseJson } from '../util/parse-json.ts'

export interface CreateRequest {
  readonly name: string
  readonly config: Props
  readonly initialState?: TargetState
}

const createFields = ['name', 'config', 'initial_state']
const initialStates: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
}

/** Reads the body of `POST /connectors`. */
export function readCreateRequest(body: Buffer | undefined): CreateRequest {
  const fields = readObject(body)
  for (const field of Object.keys(fields)) {
    if (createFields.includes(field)) continue
    const near = nearest(field, createFields)
    const hint = near === undefined ? '' : `; the nearest known field is "${near}"`
    throw new BadRequestError(`Unrecognized field "${field}" in the request body${hint}`, { context: { field } })
  }
  const state = toText('initial_state', fields['initial_state'] ?? null)
  return {
    name: (toText('name', fields['name'] ?? null) ?? '').trim(),
    config: toProps(fields['config'], 'the field "config"'),
    ...(state === null ? {} : { initialState: toTargetState(state) }),
  }
}

/** Reads a body that is a flat map of properties. */
export const readProps = (body: Buffer | undefined): Props => toProps(readObject(body), 'the request body')

/**
 * The name of a connector is told twice, in the URL (or beside `config`) and in the properties: the two have to agree.
 * Returns the properties with `name` in them.
 */
export function withName(name: string, config: Props): Props {
  const included = config['name'] ?? undefined
  if (included === undefined) return { ...config, name }
  if (included === name) return config
  throw new BadRequestError(
    `Connector name configuration (${included}) doesn't match connector name in the URL (${name})`,
  )
}

function readObject(body: Buffer | undefined): Readonly<Record<string, unknown>> {
  if (body === undefined || body.length === 0) {
    throw new BadRequestError('The request has no body; send a JSON object')
  }
  const value = readJson(body)
  if (!isObject(value)) throw new BadRequestError(`The request body is ${kindOf(value)}; send a JSON object`)
  return value
}

/** Numbers stay as the client wrote them: `1.0` and `12345678901234567890` are configuration values too. */
function readJson(body: Buffer): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (cause) {
    throw new BadRequestError('The request body is not UTF-8', { cause })
  }
  try {
    return parseJson(text, (literal) => literal)
  } catch (cause) {
    throw new BadRequestError(`The request body is not valid JSON: ${messageOf(cause)}`, { cause })
  }
}

function toProps(value: unknown, where: string): Props {
  if (value === undefined) throw new BadRequestError(`The request body lacks ${where}; give it a JSON object`)
  if (!isObject(value)) throw new BadRequestError(`${kindOf(value)} is no configuration: give ${where} a JSON object`)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toText(key, item)]))
}

function toText(key: string, value: unknown): string | null {
  if (value === null) return null
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  throw new BadRequestError(`The value of "${key}" is ${kindOf(value)}; give it a string, number or boolean`, {
    context: { key },
  })
}

function toTargetState(text: string): TargetState {
  const state = initialStates[text.toUpperCase()]
  if (state !== undefined) return state
  throw new BadRequestError(`Invalid initial_state "${text}"; it is one of ${Object.keys(initialStates).join(', ')}`)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)}`
}
