import type { TargetState } from '../../herder/herder.ts'
import type { Route } from '../route.ts'
import { flag, flagParameter, json, nameOf } from './params.ts'

const unknown = { 404: 'no such connector' }

/** Starting and stopping connectors. */
export const lifecycleRoutes: readonly Route[] = [
  target('pause', 'PAUSED', 202, 'Pauses a connector; its tasks keep what they hold.'),
  target('resume', 'STARTED', 202, 'Resumes a paused or stopped connector.'),
  target('stop', 'STOPPED', 204, 'Stops a connector and gives its tasks up; the configuration stays.'),
  {
    method: 'POST',
    path: '/connectors/:name/restart',
    doc: 'Restarts a connector, its tasks, or what of them failed.',
    query: {
      includeTasks: flagParameter('`true`: the tasks too'),
      onlyFailed: flagParameter('`true`: only what is `FAILED`'),
    },
    statuses: {
      202: json('ConnectorStatus', 'with a flag: the status, in which what restarts is `RESTARTING`'),
      204: 'without flags',
      ...unknown,
    },
    handle: async (request, { herder }) => {
      const options = {
        includeTasks: flag(request.query, 'includeTasks'),
        onlyFailed: flag(request.query, 'onlyFailed'),
      }
      const state = await herder.restartConnector(nameOf(request), options)
      return options.includeTasks || options.onlyFailed ? { status: 202, body: state } : { status: 204 }
    },
  },
]

function target(verb: string, state: TargetState, status: 202 | 204, doc: string): Route {
  return {
    method: 'PUT',
    path: `/connectors/:name/${verb}`,
    doc,
    statuses: { [status]: 'accepted; repeating it is harmless', ...unknown },
    handle: async (request, { herder }) => {
      await herder.setTargetState(nameOf(request), state)
      return { status }
    },
  }
}
