import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '#api'
import { freePort } from './ports.ts'
import { probeKafka } from './probe-kafka.ts'
import { markerOf, type ServerPlan } from './server.ts'
import { StackError } from './stack-error.ts'

export interface KafkaPlanOptions {
  readonly dir: string
  readonly java: string
  readonly classpath: string
}

const logging = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
`

/** One KRaft node, broker and controller in one, on loopback. */
export function planKafka({ dir, java, classpath }: KafkaPlanOptions): ServerPlan {
  const config = join(dir, 'server.properties')
  const log4j = join(dir, 'log4j2.properties')
  const data = join(dir, 'data', 'kafka')
  const log4jOption = `-Dlog4j2.configurationFile=${log4j}`
  return {
    name: 'kafka',
    label: 'Kafka',
    dir,
    async prepare(port) {
      await mkdir(data, { recursive: true })
      await writeFile(log4j, logging)
      await writeFile(config, toServerProperties(port, await freePort(), data))
      if (!(await exists(join(data, 'meta.properties'))))
        await format(java, [log4jOption, '-cp', classpath], config, data)
    },
    command: () => [
      java,
      markerOf(dir, 'kafka'),
      log4jOption,
      '-Xms128m',
      '-Xmx512m',
      '-XX:+UseG1GC',
      '-XX:MaxGCPauseMillis=20',
      '-Djava.awt.headless=true',
      '-cp',
      classpath,
      'kafka.Kafka',
      config,
    ],
    answers: (port) => probeKafka(port),
  }
}

/** Everything that a single node needs said; the rest is Kafka's default. */
export function toServerProperties(port: number, controllerPort: number, data: string): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data.replaceAll('\\', '/'),
    'auto.create.topics.enable': true,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // After a crash the broker is let in again only when its former session has run out (9 s by default); it asks after
    // 0.1, 0.3, 0.7, 1.5 and 3.1 s.
    'broker.session.timeout.ms': 2_900,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

async function format(java: string, options: string[], config: string, data: string): Promise<void> {
  const args = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    ...options,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    newClusterId(),
    '-c',
    config,
  ]
  try {
    await promisify(execFile)(java, args)
  } catch (error) {
    // A half-formatted folder would be taken for a formatted one by the next start.
    await rm(data, { recursive: true, force: true })
    throw new StackError(`Kafka's log folder ${data} could not be formatted: ${messageOf(error)}`, { cause: error })
  }
}

/** 16 random bytes in URL-safe base64; a leading dash would look like an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
