import { Ajv, type ValidateFunction } from 'ajv'
import { type Refusal, refuse } from './codes.ts'
import { type ClientFrame, clientFrames } from './protocol.ts'

/** A client's frame, or why it cannot be taken; `bad_frame` ends the connection. */
export type ReadFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly id: number | undefined; readonly refusal: Refusal }
  | 'bad_frame'

const ajv = new Ajv({ allErrors: false, strict: true })
const validators = new Map<string, ValidateFunction>(
  Object.entries(clientFrames).map(([type, schema]) => [type, ajv.compile(schema)]),
)

export function readFrame(text: string): ReadFrame {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'bad_frame'
  const { type, id: given } = value as { readonly type?: unknown; readonly id?: unknown }
  const id = Number.isSafeInteger(given) ? (given as number) : undefined
  const no = (refusal: Refusal): ReadFrame => ({ ok: false, id, refusal })
  if (typeof type !== 'string') return no(refuse('bad_request', 'The frame has no type.', { field: 'type' }))
  const validate = validators.get(type)
  if (!validate) return no(refuse('unknown_type', `This gate knows no frame ${JSON.stringify(type.slice(0, 64))}.`))
  if (!validate(value)) {
    const [error] = validate.errors ?? []
    const missing: string | undefined = error?.params['missingProperty']
    const field = [...(error?.instancePath.split('/').slice(1) ?? []), ...(missing === undefined ? [] : [missing])]
    return no(
      refuse('bad_request', `The frame ${type}: ${field.join('.')} ${error?.message ?? 'is wrong'}.`, {
        field: field.join('.'),
      }),
    )
  }
  return { ok: true, frame: value as ClientFrame }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
