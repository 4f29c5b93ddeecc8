import type { Route } from '../route.ts'
import { json, listOf, nameOf, taskOf } from './params.ts'

const unknown = { 404: 'no such connector or task' }

/** The tasks of one connector. */
export const taskRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connectors/:name/tasks',
    doc: 'The tasks of a connector with their configuration.',
    statuses: { 200: json(listOf('TaskInfo'), '`[{id: {connector, task}, config}]`'), 404: 'no such connector' },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.tasks(nameOf(request)) }),
  },
  {
    method: 'GET',
    path: '/connectors/:name/tasks/:task/status',
    doc: 'The state of one task.',
    statuses: { 200: json('TaskStatus', '`{id, state, worker_id, version, trace?}`'), ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.taskState(taskOf(request)) }),
  },
  {
    method: 'POST',
    path: '/connectors/:name/tasks/:task/restart',
    doc: 'Restarts one task.',
    statuses: { 204: 'restarted', ...unknown },
    handle: async (request, { herder }) => {
      await herder.restartTask(taskOf(request))
      return { status: 204 }
    },
  },
]
