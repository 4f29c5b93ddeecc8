import { ConnectError, isRetriable, messageOf, RetriableError, type RevocationLog } from '#api'
import { readJson } from './json-records.ts'
import { readRevocation, writeRevocation } from './revocation-records.ts'
import { createRevocationTable } from './revocation-table.ts'
import { bounded, type TopicStoreOptions } from './storage-kafka.ts'

export interface StoredRevocations extends RevocationLog {
  close(): Promise<void>
}

export interface TopicRevocationsOptions extends TopicStoreOptions {
  /** The most in force. */
  readonly max: number
}

/** How long (ms) a revocation may take to be stored, and how often it is looked for those that have ended. */
const [storeMs, sweepMs] = [10_000, 60_000]

/** Revocations in a compacted topic that all workers follow. Resolves when it was read to its end. */
export async function openTopicRevocations(options: TopicRevocationsOptions): Promise<StoredRevocations> {
  const { kafka, topic, props = {}, log, clock } = options
  const clientId = `${options.clientId}-revocations`
  let isFull = false
  const onFull = (id: string): void => {
    // A worker that allows more wrote it, or two wrote at once.
    if (!isFull)
      log.error(
        { id, max: options.max },
        'the topic of revocations holds more than gateway.revocations.max: this one, and those after it, are not in force here; raise it on this worker and restart',
      )
    isFull = true
  }
  const table = createRevocationTable(options.max, clock, onFull)
  const topicLog = await kafka.topicLog({
    topic,
    clientId,
    props,
    onRecord({ key, value }) {
      const id = key?.toString() ?? ''
      if (value === null) return table.apply({ ended: id })
      const made = parse(id, value)
      if (made) table.apply({ made })
      else log.warn({ key: id }, 'a record of the revocation topic is passed over')
    },
  })
  const settings = { acks: 'all', 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '1' }
  const producer = await kafka
    .producer({ clientId, props: { ...props, ...settings } })
    .catch(async (error: unknown) => {
      await topicLog.close()
      throw error
    })

  const write = async (id: string, value: string | null): Promise<void> => {
    try {
      const record = { topic, key: Buffer.from(id), value: value === null ? null : Buffer.from(value), headers: [] }
      await bounded(storeMs, 'Storing a revocation', clock, async (signal) => {
        await producer.send([record])
        // Only the topic says what came after what: others may have written to it meanwhile.
        await topicLog.readToEnd(signal)
      })
    } catch (error) {
      if (!isRetriable(error)) throw new ConnectError(`It is not stored: ${messageOf(error)}`, { cause: error })
      throw new RetriableError(`It could not be stored, and may be later: ${messageOf(error)}`, { cause: error })
    }
  }

  const closed = new AbortController()
  const sweep = async (): Promise<void> => {
    for (; !closed.signal.aborted; await clock.sleep(sweepMs, closed.signal)) {
      for (const id of table.dropEnded()) {
        // Storing the ends of others took its time.
        if (table.has(id)) continue
        try {
          await write(id, null)
        } catch (error) {
          // It has ended on every worker, and one that starts passes it over.
          log.debug({ id, reason: messageOf(error) }, 'a revocation that has ended stays in its topic')
        }
      }
    }
  }
  const swept = sweep()
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    closed.abort()
    await swept
    await producer.close()
    await topicLog.close()
  }

  return {
    all: table.all,
    onChange: table.onChange,
    async add(revocation) {
      table.checkRoom(revocation.id)
      await write(revocation.id, writeRevocation(revocation))
    },
    async remove(id) {
      if (!table.has(id)) return false
      await write(id, null)
      return true
    },
    close: () => (closing ??= close()),
  }
}

function parse(id: string, value: Buffer): ReturnType<typeof readRevocation> {
  try {
    return readRevocation(id, readJson(value))
  } catch {
    // The caller says that the record is passed over.
    return undefined
  }
}
