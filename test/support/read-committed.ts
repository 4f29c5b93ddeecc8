import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/cli/package-info.ts'
import { cached } from './cache-folder.ts'

const run = promisify(execFile)
const folder = join(packageRoot, 'test/interop/clients')

/** Partition, offset and value. */
export type ReadRecord = readonly [number, number, string]

/** What topics hold for a reader that shares no code with us: librdkafka's. In order within a partition. */
export async function readCommitted(
  bootstrapServers: string,
  topics: readonly string[],
  isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Promise<Readonly<Record<string, readonly ReadRecord[]>>> {
  const requirements = join(folder, 'requirements-kafka.txt')
  const path = await cached('python-kafka', await readFile(requirements), (dir) =>
    run('python3', ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--target', dir, '-r', requirements]),
  )
  const args = [join(folder, 'read_committed.py'), bootstrapServers, isolation, ...topics]
  const env = { ...process.env, PYTHONPATH: path }
  const { stdout } = await run('python3', args, { env, maxBuffer: 256 * 1024 * 1024 })
  return JSON.parse(stdout) as Readonly<Record<string, readonly ReadRecord[]>>
}
