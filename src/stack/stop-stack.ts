import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#api'
import { findServer } from './pid-file.ts'
import { identifyProcess } from './process-identity.ts'
import { createServer, markerOf, pidFileOf, type ServerSettings, stopOnly } from './server.ts'
import { StackError } from './stack-error.ts'
import { stopComposeStack } from './start-compose-stack.ts'
import { stopWorkers } from './workers.ts'

export interface StopOptions {
  readonly clock: Clock
  readonly progress: (line: string) => void
  /** Also removes what Kafka and the registry kept. */
  readonly wipe?: boolean
}

const servers = [
  { name: 'registry', label: 'The registry' },
  { name: 'kafka', label: 'Kafka' },
] as const

/** Stops what `tidegate stack up` started in this state folder; answers whether anything ran. */
export async function stopStack(dir: string, { clock, progress, wipe = false }: StopOptions): Promise<boolean> {
  const settings: ServerSettings = { clock, lifetime: 'alone', startTimeoutMs: 0, stopTimeoutMs: 15_000 }
  // First, so that they can still commit and leave.
  let stopped = await stopWorkers(dir, { clock, progress, wipe })
  stopped = (await stopComposeStack(dir, wipe)) || stopped
  for (const { name, label } of servers) {
    const record = await findServer(pidFileOf(dir, name), markerOf(dir, name))
    if (!record) continue
    if (record.owner && (await identifyProcess(record.owner))) {
      throw new StackError(`${label} belongs to process ${record.owner}, which runs: end that, and it ends with it.`)
    }
    await createServer({ ...stopOnly, name, label, dir }, settings).stop()
    progress(`${label} (process ${record.pid}) has stopped.`)
    stopped = true
  }
  if (wipe) await rm(join(dir, 'data'), { recursive: true, force: true })
  return stopped
}
