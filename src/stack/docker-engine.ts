import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '#api'

/** What asking for a Docker engine gave. */
export interface DockerAnswer {
  /** Of the engine, when one answers. */
  readonly version?: string
  /** Why there is none. */
  readonly complaint?: string
}

/** Asks the `docker` command for an engine; a command without an engine behind it does not count. */
export async function dockerEngine(timeoutMs = 5_000): Promise<DockerAnswer> {
  const args = ['version', '--format', '{{.Server.Version}}']
  try {
    const { stdout } = await promisify(execFile)('docker', args, { timeout: timeoutMs })
    return stdout.trim() ? { version: stdout.trim() } : { complaint: 'no engine answers' }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { complaint: 'no `docker`' }
    return { complaint: messageOf(error).trim().split('\n').at(-1) ?? 'no engine answers' }
  }
}

/** Whether `docker compose` can be used: some installations have the engine without the plugin. */
export const hasDockerCompose = async (timeoutMs = 5_000): Promise<boolean> =>
  promisify(execFile)('docker', ['compose', 'version'], { timeout: timeoutMs }).then(
    () => true,
    () => false,
  )
