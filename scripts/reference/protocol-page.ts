import type { TObject, TSchema } from 'typebox'
import { clientFrames, serverFrames } from '../../src/gateway/protocol.ts'
import { code, type Page, page, table } from './markdown.ts'

/** `docs/protocol.md`: the frames of `tidegate.v1`, from their JSON Schemas. */
export function protocolPage(): Page {
  return page(
    'docs/protocol.md',
    '# The wire protocol: `tidegate.v1`',
    [
      'JSON text over WebSocket at `/ws`; the subprotocol `tidegate.v1` may be named. Each client frame but `pong` carries an `id`, unique on the connection,',
      'and gets exactly one reply: its own kind, or `error`. Frames are taken up in order; a `publish` that waits for Kafka holds up no later frame, so replies',
      'may overtake one another. The first frame comes within 10 s. Unknown fields are passed over; unknown frames and options are refused by name.',
    ].join('\n'),
    [
      '**Positions.** `position` is `epoch.cursor` in `subscribed` and `position`; in `message` it is the cursor alone, beginning with `.`, under the epoch told last',
      'for that subscription. A client keeps the two joined and comes back with them in `subscribe`. `recovered: true` says that nothing is missing; `false` that',
      'something may be, with its `reason`; `null` that no position was given.',
    ].join('\n'),
    [
      '**Channels** are segments joined by `:`; the first is the namespace. `deleted: true` is a tombstone; `data: null` is a value. A `snapshot` replaces the',
      'client’s state; it may come in several frames (`more`), and live messages follow without gap or overlap.',
    ].join('\n'),
    [
      '**SSE** at `/sse?channel=…` (several times for several channels of one connector): `id:` is the whole position, so `EventSource` continues by itself;',
      '`snapshot=true`, `position=`, `from=` and `token=` as above.',
    ].join('\n'),
    '## Client frames',
    ...sections(clientFrames),
    '## Server frames',
    ...sections(serverFrames),
    'Error codes and close codes: [errors.md](errors.md).',
  )
}

function sections(frames: Readonly<Record<string, TSchema>>): string[] {
  return Object.entries(frames).flatMap(([name, frame]) => {
    const { properties, required } = frame as unknown as TObject & { readonly required?: readonly string[] }
    const rows = Object.entries(properties as Record<string, TSchema>)
      .filter(([field]) => field !== 'type')
      .map(([field, schema]) => [
        code(field),
        typeText(schema),
        required?.includes(field) ? 'yes' : '',
        descriptionOf(schema),
      ])
    const head = ['field', 'type', 'always', 'meaning']
    return [`### \`${name}\``, rows.length > 0 ? table(head, rows) : 'No fields.']
  })
}

interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly TSchema[]
  readonly items?: TSchema
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly description?: string
}

function typeText(schema: TSchema): string {
  const { type, const: constant, anyOf, items, properties } = schema as JsonSchema
  if (anyOf) return anyOf.map(typeText).join(' or ')
  if (constant !== undefined) return code(JSON.stringify(constant))
  if (items) return `array of ${typeText(items)}`
  if (properties) return `\`{${Object.keys(properties).join(', ')}}\``
  return type ?? 'any JSON'
}

const descriptionOf = (schema: TSchema): string => (schema as JsonSchema).description ?? ''
