import type { Clock, SourceTask } from '#api'
import { ConnectError } from '#api'
import type { TaskRun } from './task-run.ts'

/** Kafka counts as away after this long (ms) without an acknowledgement. */
export const awayAfterMs = 2000
/** How long (ms) a task that is to stop waits for the acknowledgement under way. */
const lastWaitMs = 2000

/** A broker that is silent must not hold up the end: what it may still acknowledge counts as not acknowledged. */
export async function unlessStopped<T>(
  work: Promise<T>,
  run: TaskRun,
  { clock }: { readonly clock: Clock },
): Promise<T> {
  const settled = new AbortController()
  const stopped = new Promise<never>((_, reject) => {
    const onAbort = async (): Promise<void> => {
      await clock.sleep(lastWaitMs, settled.signal)
      reject(new ConnectError('The task was stopped before Kafka acknowledged its last records.'))
    }
    const begin = (): void => void onAbort()
    if (run.signal.aborted) begin()
    else run.signal.addEventListener('abort', begin, { once: true, signal: settled.signal })
  })
  // Whoever loses the race may still reject.
  stopped.catch(() => undefined)
  work.catch(() => undefined)
  try {
    return await Promise.race([work, stopped])
  } finally {
    settled.abort()
  }
}

/** Tells the task, and the log once, when Kafka does not acknowledge `work` for a while, and when it does again. */
export async function tellingWhileAway<T>(
  work: Promise<T>,
  task: SourceTask,
  run: TaskRun,
  { clock }: { readonly clock: Clock },
): Promise<T> {
  const since = clock.now()
  const settled = new AbortController()
  let isAway = false
  const watch = async (): Promise<void> => {
    await clock.sleep(awayAfterMs, settled.signal)
    if (settled.signal.aborted) return
    isAway = true
    run.log.warn({}, 'Kafka does not acknowledge; the records are sent again until it does')
    task.upstream?.({ reachable: false, since })
  }
  const watching = watch()
  try {
    const result = await work
    settled.abort()
    if (isAway) task.upstream?.({ reachable: true, since: clock.now() })
    return result
  } finally {
    settled.abort()
    await watching
  }
}
