import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startWorker } from '../../../src/cli/start-worker.ts'
import { freePort } from '../../../src/stack/index.ts'
import { quickJava, startJavaWorker } from '../../support/java-worker.ts'
import { quietLog } from '../../support/quiet.ts'
import type { Case } from './case.ts'
import { restCases } from './cases/index.ts'
import { authorization, workerPropertyCases } from './cases/worker-properties.ts'
import type { Worker } from './run-case.ts'

/** Two workers with the same properties, and what is asked of both. */
export interface Pair {
  readonly name: string
  readonly cases: readonly Case[]
  /** The properties of both, given the folder of the pair. */
  readonly props: Readonly<Record<string, string>>
  /** With users, and an admin listener apart. */
  readonly guarded: boolean
}

const providers = 'org.apache.kafka.common.config.provider'

export const pairs: readonly Pair[] = [
  {
    name: 'workers as they are',
    cases: restCases,
    guarded: false,
    props: {
      'config.providers': 'file,env',
      'config.providers.file.class': `${providers}.FileConfigProvider`,
      'config.providers.env.class': `${providers}.EnvVarConfigProvider`,
    },
  },
  {
    name: 'workers with other properties',
    cases: workerPropertyCases,
    guarded: true,
    props: {
      'topic.tracking.enable': 'false',
      'topic.creation.enable': 'false',
      'access.control.allow.origin': 'https://page.example',
      'access.control.allow.methods': 'GET,POST',
      'response.http.headers.config':
        'set X-Frame-Options:DENY, "add Cache-Control: no-cache, no-store", add X-Added:1',
      'connector.client.config.override.policy': 'None',
    },
  },
]

export interface RunningPair {
  readonly java: Worker
  readonly ours: Worker
  stop(): Promise<void>
}

/** Starts both; the caller stops them. `dir` is a folder of the caller's. */
export async function startPair(pair: Pair, bootstrapServers: string, dir: string): Promise<RunningPair> {
  const { guarded } = pair
  const jaas = join(dir, 'jaas.conf')
  if (guarded) await writeGuard(dir, jaas)
  const [javaAdmin, ourAdmin] = await Promise.all([freePort(), freePort()])
  const propsFor = (port: number) => ({
    ...pair.props,
    ...(guarded && { 'rest.extension.classes': basicAuth, 'admin.listeners': `http://127.0.0.1:${port}` }),
  })
  const java = await startJavaWorker({
    bootstrapServers,
    dir,
    props: propsFor(javaAdmin),
    ...(guarded && { authorization, options: [...quickJava, `-Djava.security.auth.login.config=${jaas}`] }),
  })
  try {
    const props = { ...propsFor(ourAdmin), ...(guarded && { 'rest.jaas.file': jaas }) }
    const ours = await startOurs(bootstrapServers, dir, props)
    const shared = { bootstrapServers, dir }
    const at = (port: number) => (guarded ? { adminUrl: `http://127.0.0.1:${port}` } : {})
    return {
      java: { kind: 'java', url: java.url, ...at(javaAdmin), ...shared },
      ours: { kind: 'ours', url: ours.restUrl, ...at(ourAdmin), ...shared },
      stop: async () => {
        await Promise.all([java.stop(), ours.stop()])
      },
    }
  } catch (error) {
    await java.stop()
    throw error
  }
}

const basicAuth = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension'

async function writeGuard(dir: string, jaas: string): Promise<void> {
  const users = join(dir, 'users.properties')
  const module = 'org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule'
  await writeFile(users, 'ada=lovelace\n')
  await writeFile(jaas, `KafkaConnect {\n  ${module} required\n  file="${users}";\n};\n`)
}

async function startOurs(bootstrapServers: string, dir: string, props: Readonly<Record<string, string>>) {
  const [file, none] = [join(dir, 'worker.json'), join(dir, 'none.json')]
  const idle = { 'connector.class': 'FileStreamSource', topic: 'none' }
  await writeFile(none, JSON.stringify({ name: 'none', config: idle, initial_state: 'STOPPED' }))
  await writeFile(
    file,
    JSON.stringify({
      'bootstrap.servers': bootstrapServers,
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'offset.storage.file.filename': join(dir, 'ours.offsets'),
      'offset.flush.interval.ms': '200',
      'rest.port': 0,
      'gateway.enabled': false,
      ...props,
    }),
  )
  // As Java's, it sees the environment.
  const worker = await startWorker({ file, connectorFiles: [none], env: process.env, flags: {}, log: quietLog })
  await worker.herder.deleteConnector('none')
  return worker
}
