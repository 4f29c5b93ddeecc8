import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '#api'

const version = 'v5.4.9'
const module = 'github.com/centrifugal/centrifugo/v5'

/** The program: the one on the PATH, or one built by Go once and kept; else why there is none. */
export async function findCentrifugo(progress: (line: string) => void): Promise<string | { readonly why: string }> {
  const run = promisify(execFile)
  const onPath = await run('centrifugo', ['version']).then(
    ({ stdout }) => stdout.includes(version.slice(1)),
    () => false,
  )
  if (onPath) return 'centrifugo'
  const dir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tidegate', `centrifugo-${version}`)
  const program = join(dir, 'centrifugo')
  const isThere = await access(program).then(
    () => true,
    () => false,
  )
  if (isThere) return program
  progress(`Building Centrifugo ${version} with Go …`)
  try {
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'go.mod'), `module bench\n\ngo 1.22\n\nrequire ${module} ${version}\n`)
    await run('go', ['build', '-mod=mod', '-o', program, module], { cwd: dir, timeout: 600_000 })
    return program
  } catch (error) {
    return { why: `it is not on the PATH, and Go could not build it (${messageOf(error).split('\n')[0]})` }
  }
}

export interface CentrifugoPlace {
  readonly port: number
  readonly kafka: string
  readonly topic: string
}

/** Its settings: a consumer of Kafka, anonymous clients, no history, queues so long that nobody is cut off. */
export const centrifugoConfig = ({ port, kafka, topic }: CentrifugoPlace): object => ({
  address: '127.0.0.1',
  port: String(port),
  log_level: 'error',
  health: true,
  usage_stats_disable: true,
  allow_anonymous_connect_without_token: true,
  allow_subscribe_for_anonymous: true,
  allow_subscribe_for_client: true,
  client_queue_max_size: 67_108_864,
  namespaces: [{ name: 'bench', allow_subscribe_for_anonymous: true, allow_subscribe_for_client: true }],
  consumers: [
    {
      name: 'kafka',
      enabled: true,
      type: 'kafka',
      kafka: { brokers: kafka.split(','), topics: [topic], consumer_group: `${topic}-centrifugo` },
    },
  ],
})
