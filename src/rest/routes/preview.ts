import { Type } from 'typebox'
import { BadRequestError } from '#api'
import { readProps } from '../request-body.ts'
import type { Route } from '../route.ts'
import { warningHeaders } from '../warnings.ts'
import { connectorClassOf } from './connector-class.ts'
import { json } from './params.ts'

const standardLimit = 10
const maxLimit = 1000

/** What a configuration would do to real records. */
export const previewRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/connector-plugins/:plugin/preview',
    doc: 'Takes the newest records of a configuration’s topics through every stage, and sends and commits nothing. Not Kafka Connect’s.',
    query: {
      limit: json(
        Type.Integer({ minimum: 1, maximum: maxLimit, default: standardLimit }),
        `the most records, 1 to ${maxLimit}; ${standardLimit} when it is absent`,
      ),
    },
    body: json('Properties', 'a flat map with `connector.class`'),
    statuses: {
      200: json('Preview', '`{records: [{origin, stages: [{stage, records, error?}]}], warnings}`'),
      400: 'malformed, or a configuration that cannot run',
    },
    handle: async ({ params, query, body, signal }, { herder }) => {
      const props = readProps(body)
      connectorClassOf(herder, params['plugin'] ?? '', props)
      const preview = await herder.preview(props, { limit: toLimit(query.get('limit')), signal })
      return { status: 200, body: preview, headers: warningHeaders(preview.warnings) }
    },
  },
]

function toLimit(text: string | null): number {
  if (text === null) return standardLimit
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= maxLimit) return limit
  throw new BadRequestError(`Invalid limit "${text}"; it is a whole number from 1 to ${maxLimit}`)
}
