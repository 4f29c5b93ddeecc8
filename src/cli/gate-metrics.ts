import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, ConnectError, type Logger } from '#api'
import type { GateMetricsSettings } from '../config/index.ts'
import type { GateEnd, Gateway } from '../gateway/index.ts'
import { createMetrics, gateTable } from '../telemetry/metrics.ts'
import { packageVersion } from './package-info.ts'

/** `/metrics` of a gate, which has no REST listener: on a port of its own, so that no client sees it. */
export interface GateMetrics {
  readonly url: string
  stop(): Promise<void>
}

export interface GateMetricsParts {
  readonly gateway: Gateway
  readonly end: Pick<GateEnd, 'links'>
  readonly clock: Clock
  readonly log: Logger
}

/** Milliseconds for a whole request; and how many may come at once. */
const [requestMs, maxConnections] = [10_000, 64]

export async function serveGateMetrics(
  { host, port }: GateMetricsSettings,
  { gateway, end, clock, log }: GateMetricsParts,
): Promise<GateMetrics> {
  const metrics = createMetrics({
    now: () => clock.now(),
    windowMs: 30_000,
    samples: 2,
    version: packageVersion,
    table: gateTable,
  })
  const answer = async (response: ServerResponse): Promise<void> => {
    try {
      const text = await metrics.text({ connectors: async () => [], gateway: () => gateway.stats(), links: end.links })
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
    } catch (error) {
      log.error({ err: error }, 'the metrics cannot be told')
      response.writeHead(500).end()
    }
  }
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, ({ method, url }, response) => {
    if (method === 'GET' && url === '/metrics') return void answer(response)
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is /metrics here.\n')
  })
  server.maxConnections = maxConnections
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw new ConnectError(`The gate cannot tell its metrics on ${host}:${port}: choose another gate.metrics.port.`, {
      cause: error,
    })
  }
  const bound = server.address() as AddressInfo
  const url = `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`
  log.info({ url }, 'gate tells its metrics')
  return {
    url,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
