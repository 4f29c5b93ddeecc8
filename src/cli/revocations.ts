import { type Clock, type Logger, messageOf, RetriableError, type RevocationChange, type RevocationLog } from '#api'
import { clientPropsOf, type WorkerConfig } from '../config/index.ts'
import type { KafkaClient } from '../kafka/index.ts'
import type { Revoking } from '../rest/index.ts'
import {
  ensureInternalTopics,
  openFileRevocations,
  openTopicRevocations,
  type StoredRevocations,
} from '../storage/index.ts'
import { retry } from '../util/retry.ts'
import { offsetsFileOf } from './standalone-mode.ts'

/** The revocations of a worker, before and after they could be read. */
export interface WorkerRevocations {
  readonly log: RevocationLog
  /** Whether all that was revoked before is known: nobody is let in sooner. */
  isRead(): boolean
  close(): Promise<void>
}

interface Options {
  readonly config: WorkerConfig
  readonly kafka: KafkaClient
  readonly log: Logger
  readonly clock: Clock
}

const backoff = { initialMs: 200, maxMs: 5000, jitter: 0.5 }

/** A lone worker's are in a file beside its offsets; those of a cluster in a topic, which is read as soon as Kafka lets it. */
export async function openRevocations(options: Options): Promise<WorkerRevocations> {
  const { config, clock } = options
  const { max } = config.settings.gateway.revocations
  if (config.distributed) return followTopic(options, () => openTopic(options, max))
  const stored = await openFileRevocations(`${offsetsFileOf(config.config)}.revocations`, { clock, max })
  return { log: stored, isRead: () => true, close: () => stored.close() }
}

/** What REST works with. */
export const toRevoking = (
  { log }: WorkerRevocations,
  { maxTokenAgeS, clockSkewS }: WorkerConfig['settings']['gateway']['auth'],
): Revoking => ({
  revocations: log,
  tokenMs: maxTokenAgeS === 0 ? undefined : (maxTokenAgeS + 2 * clockSkewS) * 1000,
})

async function openTopic({ config, kafka, log, clock }: Options, max: number): Promise<StoredRevocations> {
  const group = config.distributed?.['group.id'] ?? ''
  const { topic: named, replicationFactor } = config.settings.gateway.revocations
  const topic = named ?? `tidegate-revocations-${group}`
  const wanted = { use: 'revocation', topic, partitions: 1, replicationFactor, settings: {} } as const
  await ensureInternalTopics([wanted], { kafka, log, clock })
  return openTopicRevocations({
    kafka,
    topic,
    clientId: `connect-${group}`,
    props: clientPropsOf(config.props),
    log,
    clock,
    max,
  })
}

function followTopic({ log, clock }: Options, open: () => Promise<StoredRevocations>): WorkerRevocations {
  const closed = new AbortController()
  /** Those who listen already, and how that ends. */
  const listeners = new Map<(change: RevocationChange) => void, () => void>()
  let stored: StoredRevocations | undefined
  let isTold = false
  const reading = async (): Promise<void> => {
    const again = (error: unknown): boolean => {
      if (!isTold)
        log.error({ reason: messageOf(error) }, 'revocations cannot be read yet, and nobody is let in before')
      isTold = true
      return true
    }
    const made = await retry(open, { clock, signal: closed.signal, backoff, again })
    if (closed.signal.aborted) return made.close()
    for (const tell of listeners.keys()) {
      for (const revocation of made.all()) tell({ made: revocation })
      listeners.set(tell, made.onChange(tell))
    }
    stored = made
  }
  const read = reading().catch((error: unknown) => {
    if (!closed.signal.aborted) log.error({ err: error }, 'revocations cannot be read')
  })
  const later = (): never => {
    throw new RetriableError('What was revoked before is still being read.')
  }
  return {
    isRead: () => stored !== undefined,
    log: {
      all: () => stored?.all() ?? [],
      onChange(tell) {
        if (stored) return stored.onChange(tell)
        listeners.set(tell, () => listeners.delete(tell))
        return () => listeners.get(tell)?.()
      },
      add: async (revocation) => (stored ?? later()).add(revocation),
      remove: async (id) => (stored ?? later()).remove(id),
    },
    async close() {
      closed.abort()
      await read
      await stored?.close()
    },
  }
}
