import { BadRequestError, type Props } from '#api'
import type { TargetState } from '../herder/herder.ts'
import { isObject, kindOf, readJson, readObject, refuseUnknownFields } from './json-body.ts'

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
  const fields = readObject(body, asWritten)
  refuseUnknownFields(fields, createFields, 'the request body')
  const state = toText('initial_state', fields['initial_state'] ?? null)
  return {
    name: (toText('name', fields['name'] ?? null) ?? '').trim(),
    config: toProps(fields['config'], 'the field "config"'),
    ...(state === null ? {} : { initialState: toTargetState(state) }),
  }
}

/** Reads a body that is a flat map of properties. */
export const readProps = (body: Buffer | undefined): Props => toProps(readObject(body, asWritten), 'the request body')

/** Reads a body that lists the configurations of tasks; a property without a value is left out. */
export function readTaskConfigs(body: Buffer | undefined): readonly Readonly<Record<string, string>>[] {
  const value = readJson(body ?? Buffer.alloc(0), asWritten)
  if (!Array.isArray(value)) throw new BadRequestError(`The request body is ${kindOf(value)}; send a JSON array`)
  return value.map((item: unknown, task) => {
    const props = Object.entries(toProps(item, `the configuration of task ${task}`))
    return Object.fromEntries(props.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])))
  })
}

/**
 * Reads the body of `PATCH …/config`: `null` removes a property. The name stays what it is: Kafka Connect takes any other,
 * and then calls the connector by two names.
 */
export function readPatch(name: string, body: Buffer | undefined): Props {
  const { name: included, ...patch } = readProps(body)
  withName(name, { name: included })
  return patch
}

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

/** Numbers stay as the client wrote them: `1.0` and `12345678901234567890` are configuration values too. */
const asWritten = (literal: string): unknown => literal

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
