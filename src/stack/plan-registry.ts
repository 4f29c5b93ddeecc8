import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { probeRegistry } from './probe-registry.ts'
import { markerOf, type ServerPlan } from './server.ts'

export interface RegistryPlanOptions {
  readonly dir: string
  readonly java: string
  readonly jar: string
}

/**
 * Its database lies beside Kafka's log: the ids in the records and the schemas they name live and die together.
 * `WRITE_DELAY=0`, because an id that Kafka's records carry already must not be forgotten in a crash.
 */
export function planRegistry({ dir, java, jar }: RegistryPlanOptions): ServerPlan {
  const database = join(dir, 'data', 'registry')
  return {
    name: 'registry',
    label: 'The registry',
    dir,
    prepare: async () => void (await mkdir(join(dir, 'data'), { recursive: true })),
    command: (port) => [
      java,
      markerOf(dir, 'registry'),
      '-Xms64m',
      '-Xmx384m',
      '-XX:+UseSerialGC',
      // A registry's life is its start: the second compiler would cost more than it gives.
      '-XX:TieredStopAtLevel=1',
      '-Dapicurio.storage.kind=sql',
      '-Dapicurio.storage.sql.kind=h2',
      `-Dapicurio.datasource.url=jdbc:h2:file:${database};WRITE_DELAY=0`,
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.http.access-log.enabled=false',
      '-jar',
      jar,
    ],
    answers: (port) => probeRegistry(port),
  }
}
