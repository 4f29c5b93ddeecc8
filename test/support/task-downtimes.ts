import { kafkaClient } from './topics.ts'

interface Said {
  readonly at: number
  readonly state: string
  readonly worker: string
}

/** A task that did not run for a while: where it ran before and where it did then. */
export interface Downtime {
  readonly task: string
  readonly from: string
  readonly to: string
  readonly since: number
  readonly ms: number
}

/** What the workers said of each task, in the order of the status topic, read as ms between RUNNING and RUNNING again. */
export async function downtimesOf(statusTopic: string, bootstrapServers?: string): Promise<readonly Downtime[]> {
  const said = new Map<string, Said[]>()
  const log = await kafkaClient(bootstrapServers).topicLog({
    topic: statusTopic,
    clientId: 'test',
    onRecord({ key, value, timestamp }) {
      const task = key?.toString() ?? ''
      if (!task.startsWith('status-task-') || value === null) return
      const { state, worker_id: worker } = JSON.parse(value.toString()) as { state: string; worker_id: string }
      said.set(task, [...(said.get(task) ?? []), { at: timestamp, state, worker }])
    },
  })
  await log.close()
  return [...said].flatMap(([task, states]) => gaps(task, states))
}

function gaps(task: string, states: readonly Said[]): readonly Downtime[] {
  const found: Downtime[] = []
  let last: Said | undefined
  let since: number | undefined
  for (const each of states) {
    if (each.state === 'RUNNING') {
      if (last && (since !== undefined || each.worker !== last.worker)) {
        const from = since ?? each.at
        found.push({ task, from: last.worker, to: each.worker, since: from, ms: each.at - from })
      }
      last = each
      since = undefined
      // One that gives the task up may say so after the next one has begun it.
    } else if (last && each.worker === last.worker) since ??= each.at
  }
  return found
}
