import { Type } from 'typebox'
import { BadRequestError } from '#api'
import { readProps } from '../request-body.ts'
import type { RestRequest, Route } from '../route.ts'
import { map, ref } from '../schemas-parts.ts'
import { json } from './params.ts'

const loggerOf = ({ params }: RestRequest): string => params['logger'] ?? ''

/** How much the worker logs. */
export const loggerRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/admin/loggers',
    doc: 'The loggers and their levels, by name.',
    admin: true,
    statuses: { 200: json(map(ref('LoggerLevel')), '`{name: {level, last_modified}}`') },
    handle: (_, { herder }) => ({
      status: 200,
      body: Object.fromEntries(Object.entries(herder.loggers()).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    }),
  },
  {
    method: 'GET',
    path: '/admin/loggers/:logger',
    doc: 'The level of one logger.',
    admin: true,
    statuses: { 200: json('LoggerLevel', '`{level, last_modified}`'), 404: 'no such logger' },
    handle: (request, { herder }) => ({ status: 200, body: herder.logger(loggerOf(request)) }),
  },
  {
    method: 'PUT',
    path: '/admin/loggers/:logger',
    doc: 'Sets the level of a logger and of those below it, until the worker ends.',
    admin: true,
    query: { scope: '`worker` (the default) or `cluster`' },
    body: json('SetLogger', '`{level}`, in any case'),
    statuses: {
      200: json(Type.Array(Type.String()), 'the loggers whose level has changed'),
      204: 'with `scope=cluster`: every worker will hear of it',
      400: 'no `level`',
      404: 'no such level',
    },
    handle: async (request, { herder, log }) => {
      const level = readProps(request.body)['level'] ?? undefined
      if (level === undefined) throw new BadRequestError(`Desired 'level' parameter was not specified in request.`)
      const logger = loggerOf(request)
      const scope = request.query.get('scope') ?? 'worker'
      const isCluster = scope.toLowerCase() === 'cluster'
      if (!isCluster && scope.toLowerCase() !== 'worker')
        log.warn({ scope, logger }, 'unknown scope of a log level, so it is set on this worker alone')
      const changed = await herder.setLogger(logger, level, isCluster ? 'cluster' : 'worker')
      return changed === undefined ? { status: 204 } : { status: 200, body: changed }
    },
  },
]
