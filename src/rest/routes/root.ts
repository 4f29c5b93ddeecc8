import { messageOf } from '#api'
import type { RestAnswer, RestContext, Route } from '../route.ts'
import { withTimeLimit } from '../time-limit.ts'
import { json } from './params.ts'

const healthTimeoutMs = 10_000

/** The worker as a whole. */
export const rootRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    doc: 'Version and commit of the worker, id of its Kafka cluster.',
    statuses: { 200: json('ServerInfo', '`{version, commit, kafka_cluster_id}`') },
    handle: async (_, { herder }) => ({ status: 200, body: await herder.serverInfo() }),
  },
  {
    method: 'GET',
    path: '/health',
    doc: 'Whether the worker has started and still answers.',
    early: true,
    statuses: {
      200: json('WorkerHealth', '`{status: "healthy", message}`'),
      500: json('WorkerHealth', 'status `unhealthy`: no answer within 10 s'),
      503: json('WorkerHealth', 'status `starting`'),
    },
    handle: (_, context) => health(context),
  },
  {
    method: 'GET',
    path: '/ready',
    doc: 'Whether clients should be sent to this worker: it has joined its cluster, its work is running, its gate is warm. Not Kafka Connect’s.',
    early: true,
    statuses: {
      200: json('WorkerReadiness', '`{ready: true, reason}`'),
      503: json('WorkerReadiness', '`{ready: false, reason}`'),
    },
    handle: (_, { readiness }) => {
      const body = readiness()
      return { status: body.ready ? 200 : 503, body }
    },
  },
]

async function health(context: RestContext): Promise<RestAnswer> {
  const { clock, log } = context
  if (!context.ready()) {
    const message = 'Worker is still starting up. It answers other requests as far as it has come.'
    return { status: 503, body: { status: 'starting', message } }
  }
  const failedLate = (error: unknown) => log.warn({ err: error }, 'health check failed after its time limit')
  try {
    // Goes through the herder, so that one which is stuck is seen.
    await withTimeLimit(context.herder.connectors(), healthTimeoutMs, clock, failedLate)
    const message = 'Worker has completed startup and is ready to handle requests.'
    return { status: 200, body: { status: 'healthy', message } }
  } catch (error) {
    const message = `Worker was unable to handle this request and may be unable to handle other requests. ${messageOf(error)}`
    return { status: 500, body: { status: 'unhealthy', message } }
  }
}
