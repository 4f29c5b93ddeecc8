import { Type } from 'typebox'
import { NotFoundError } from '#api'
import { httpMessage } from '../error-mapper.ts'
import type { Route } from '../route.ts'
import { json } from './params.ts'

/** What machines read about this worker. Not Kafka Connect’s. */
export const documentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/openapi.json',
    early: true,
    doc: 'This description, for machines (OpenAPI 3.1). Not Kafka Connect’s.',
    statuses: { 200: json(Type.Object({}), 'the document') },
    handle: (_, { document }) => ({ status: 200, body: document }),
  },
  {
    method: 'GET',
    path: '/metrics',
    early: true,
    doc: 'The metrics of this worker in Prometheus’ text format. Not Kafka Connect’s.',
    produces: 'text/plain',
    statuses: { 200: json(Type.String(), 'the metrics'), 404: 'this worker keeps none' },
    handle: async (_, { metrics }) => {
      if (!metrics) throw new NotFoundError(httpMessage(404))
      return { status: 200, text: await metrics.text(), headers: { 'content-type': metrics.contentType } }
    },
  },
]
