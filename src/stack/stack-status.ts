import { findServer, type ServerRecord } from './pid-file.ts'
import { probeKafka } from './probe-kafka.ts'
import { probeRegistry, registryUrlOf } from './probe-registry.ts'
import { markerOf, pidFileOf } from './server.ts'
import { composePorts } from './start-compose-stack.ts'

export interface ServerStatus {
  /** `starting` runs but does not answer (yet, or any more). */
  readonly state: 'running' | 'starting' | 'stopped'
  /** `host:port` of Kafka, the URL of the registry. */
  readonly address?: string
  /** Not known of a container. */
  readonly pid?: number
}

export interface StackStatus {
  readonly kafka: ServerStatus
  readonly registry: ServerStatus
}

/** What runs in this state folder, asked and not only read. */
export async function stackStatus(dir: string): Promise<StackStatus> {
  const containers = await composePorts(dir)
  const [kafka, registry] = containers
    ? [{ port: containers.kafka }, { port: containers.registry }]
    : await Promise.all([recordOf(dir, 'kafka'), recordOf(dir, 'registry')])
  return {
    kafka: await statusOf(kafka, probeKafka, (port) => `127.0.0.1:${port}`),
    registry: await statusOf(registry, probeRegistry, registryUrlOf),
  }
}

const recordOf = (dir: string, name: string): Promise<ServerRecord | undefined> =>
  findServer(pidFileOf(dir, name), markerOf(dir, name))

async function statusOf(
  found: { readonly port: number; readonly pid?: number } | undefined,
  answers: (port: number) => Promise<boolean>,
  address: (port: number) => string,
): Promise<ServerStatus> {
  if (!found) return { state: 'stopped' }
  const pid = found.pid === undefined ? {} : { pid: found.pid }
  return { state: (await answers(found.port)) ? 'running' : 'starting', address: address(found.port), ...pid }
}
