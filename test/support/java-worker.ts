import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../src/stack/index.ts'
import { eventually } from './eventually.ts'
import { javaConnectClasspath } from './java.ts'

export interface JavaWorker {
  readonly url: string
  readonly pid: number
  /** What it printed last. */
  log(): string
  stop(): Promise<void>
}

export interface JavaWorkerOptions {
  readonly bootstrapServers: string
  /** A folder of the caller's, for its configuration and offsets. */
  readonly dir: string
  readonly props?: Readonly<Record<string, string>>
  /** For `java`, in place of those that make it start quickly. */
  readonly options?: readonly string[]
  /** The header that lets it be asked, where it has users. */
  readonly authorization?: string
  /** Files of connectors to start. */
  readonly connectors?: readonly string[]
  /** Distributed when there is one; the topics are named after it. */
  readonly cluster?: string
}

/** The properties that make a worker one of a cluster, ours and Java's alike; quick, since tests wait for them. */
export const clusterProps = (cluster: string): Readonly<Record<string, string>> => ({
  'group.id': cluster,
  'config.storage.topic': `${cluster}-configs`,
  'offset.storage.topic': `${cluster}-offsets`,
  'status.storage.topic': `${cluster}-status`,
  'config.storage.replication.factor': '1',
  'offset.storage.replication.factor': '1',
  'status.storage.replication.factor': '1',
  'offset.storage.partitions': '5',
  'session.timeout.ms': '6000',
  'heartbeat.interval.ms': '200',
  'scheduled.rebalance.max.delay.ms': '1000',
})

/** What makes `java` start quickly. */
export const quickJava = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx384m'] as const

/** The arguments for `java` that start Kafka Connect, standalone unless it is of a cluster, listening on `url`; writes its configuration into `dir`. */
export async function javaWorkerArguments(url: string, options: JavaWorkerOptions): Promise<readonly string[]> {
  const file = join(options.dir, `java-worker-${new URL(url).port}.properties`)
  const config = {
    'bootstrap.servers': options.bootstrapServers,
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    ...(options.cluster === undefined
      ? { 'offset.storage.file.filename': join(options.dir, 'java.offsets') }
      : clusterProps(options.cluster)),
    'offset.flush.interval.ms': '200',
    // The plugins lie on the class path; looking through every jar for them takes a minute.
    'plugin.discovery': 'service_load',
    listeners: url,
    ...options.props,
  }
  await writeFile(
    file,
    Object.entries(config)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  const logging = join(options.dir, 'log4j2.properties')
  await writeFile(
    logging,
    'rootLogger.level = info\nrootLogger.appenderRef.out.ref = out\nappender.out.type = Console\nappender.out.name = out\n',
  )
  return [
    ...(options.options ?? quickJava),
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    await javaConnectClasspath(),
    `org.apache.kafka.connect.cli.Connect${options.cluster === undefined ? 'Standalone' : 'Distributed'}`,
    file,
    ...(options.connectors ?? []),
  ]
}

/** Kafka Connect itself on a port of its own. The caller stops it. */
export async function startJavaWorker(options: JavaWorkerOptions): Promise<JavaWorker> {
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn('java', await javaWorkerArguments(url, options), { stdio: ['ignore', 'pipe', 'pipe'] })
  const headers = options.authorization === undefined ? {} : { authorization: options.authorization }
  let log = ''
  const keep = (text: Buffer): void => {
    log = (log + text.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
  }
  try {
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`The Java worker ended:\n${log}`)
        return (await fetch(`${url}/health`, { headers })).ok
      },
      { timeoutMs: 60_000, what: 'the Java worker' },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid: child.pid ?? -1, log: () => log, stop }
}
