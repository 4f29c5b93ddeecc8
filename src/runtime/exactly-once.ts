import type { ConfigOf } from '#api'
import { ConnectError, isRetriable } from '#api'
import type { ClientProps, TransactionalProducer } from '../kafka/index.ts'
import type { ConnectorOffsetStore, OffsetStore, TopicOffsetStore } from '../storage/index.ts'
import type { Closers } from '../util/closers.ts'
import { retry } from '../util/retry.ts'
import type { sourceConfig } from './connector-config.ts'
import { isInTopic } from './connector-offsets.ts'
import type { ExactlyOnceTask, RuntimeSettings, TaskRun, WorkerDeps } from './task-run.ts'

const backoff = { initialMs: 100, maxMs: 2000, jitter: 0.5 }

/**
 * Makes sure that this task alone can write, before it starts: earlier tasks' producers are fenced, then its own is opened, which fences a
 * twin; only then it is asked whether the task is still this worker's. Offsets that are read after that are final.
 */
export async function openTransactions(
  exactlyOnce: ExactlyOnceTask,
  options: { readonly props: ClientProps; readonly clientId: string },
  { run, deps, closers }: { readonly run: TaskRun; readonly deps: WorkerDeps; readonly closers: Closers },
): Promise<TransactionalProducer> {
  const { transactionalId } = exactlyOnce
  const { clock } = deps
  const again = (error: unknown): boolean => {
    if (isRetriable(error)) run.log.warn({ error }, 'the task cannot have its transactions yet; it is tried again')
    return isRetriable(error)
  }
  const patiently = <T>(work: () => Promise<T>): Promise<T> =>
    retry(work, { clock, signal: run.signal, backoff, again })
  await patiently(exactlyOnce.fence)
  // Whoever is asked to stop may have a successor, which must not be fenced.
  refuseStopped(run)
  const props = transactionalProps(options.props, run)
  const producer = await deps.kafka.transactionalProducer({ ...options, props, transactionalId })
  // Also when it cannot be opened.
  closers.add('transactions', () => producer.close())
  await patiently(async () => {
    refuseStopped(run)
    await producer.open()
  })
  await patiently(exactlyOnce.verify)
  refuseStopped(run)
  return producer
}

function refuseStopped({ signal }: TaskRun): void {
  if (signal.aborted) throw new ConnectError('The task was stopped before it had begun.')
}

/** The framework says these. */
function transactionalProps(props: ClientProps, { log }: TaskRun): ClientProps {
  const given = props['transactional.id']
  if (given !== undefined)
    log.warn({ 'transactional.id': given }, 'the transactional id of a producer is not used: the worker gives its own')
  return Object.fromEntries(Object.entries(props).filter(([key]) => !overruled.has(key)))
}

const overruled: ReadonlySet<string> = new Set(['transactional.id', 'enable.idempotence'])

/** Where the task's transactions write its offsets. */
export function transactionalStore(offsets: OffsetStore): ConnectorOffsetStore | TopicOffsetStore {
  if (isInTopic(offsets)) return offsets
  throw new ConnectError('Exactly once needs offsets in a topic, which only distributed mode has.')
}

/** Where its transactions end. */
export function transactionBoundary(config: ConfigOf<typeof sourceConfig>, settings: RuntimeSettings) {
  const boundary = config['transaction.boundary'].toLowerCase()
  return {
    boundary: boundary === 'interval' || boundary === 'connector' ? boundary : ('poll' as const),
    intervalMs: config['transaction.boundary.interval.ms'] ?? settings['offset.flush.interval.ms'],
  } as const
}
