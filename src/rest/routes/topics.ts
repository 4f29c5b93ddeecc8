import type { Route } from '../route.ts'
import { json, nameOf } from './params.ts'

/** The topics that a connector uses (KIP-558). */
export const topicRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connectors/:name/topics',
    doc: 'The topics that a connector has read or written since it was created or they were reset; none for an unknown connector.',
    statuses: { 200: json('ActiveTopics', '`{name: {topics: [name]}}`'), 403: '`topic.tracking.enable` is false' },
    handle: async (request, { herder }) => {
      const name = nameOf(request)
      return { status: 200, body: Object.fromEntries([[name, { topics: await herder.topics(name) }]]) }
    },
  },
  {
    method: 'PUT',
    path: '/connectors/:name/topics/reset',
    doc: 'Forgets those topics.',
    statuses: {
      202: 'forgotten, also for an unknown connector',
      403: '`topic.tracking.enable` or `topic.tracking.allow.reset` is false',
    },
    handle: async (request, { herder }) => {
      await herder.resetTopics(nameOf(request))
      return { status: 202 }
    },
  },
]
