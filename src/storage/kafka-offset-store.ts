import { createOffsetLog, writeOffset } from './offset-log.ts'
import type { StoredOffset, TopicOffsetStore } from './offset-store.ts'
import type { TopicStoreOptions } from './storage-kafka.ts'

export interface TopicOffsetStoreOptions extends TopicStoreOptions {
  /** Exactly once: offsets of transactions that were not committed are not seen. */
  readonly committedOnly: boolean
}

/** Offsets in a compacted topic. Resolves when it was read to its end. */
export async function openTopicOffsetStore(options: TopicOffsetStoreOptions): Promise<TopicOffsetStore> {
  const { kafka, topic, props = {}, log, committedOnly } = options
  const clientId = `${options.clientId}-offsets`
  const read = createOffsetLog(log)
  const topicLog = await kafka.topicLog({
    topic,
    clientId,
    props: { ...props, ...(committedOnly && { 'isolation.level': 'read_committed' }) },
    onRecord: read.apply,
  })
  const settings = { acks: 'all', 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '1' }
  const producer = await kafka
    .producer({ clientId, props: { ...props, ...settings } })
    .catch(async (error: unknown) => {
      await topicLog.close()
      throw error
    })

  const records = (connector: string, offsets: readonly StoredOffset[]) =>
    offsets.map(({ partition, offset }) => ({
      topic,
      key: read.keyOf(connector, partition),
      value: writeOffset(offset),
      headers: [],
    }))

  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    await producer.close()
    await topicLog.close()
  }

  return {
    // Another worker may have written since: a task that was here before may come back. Another connector's open transaction hides it.
    async get(connector, partition, signal) {
      await topicLog.readToEnd(signal)
      return read.get(connector, partition)
    },
    async list(connector, signal) {
      await topicLog.readToEnd(signal)
      return read.list(connector)
    },
    async put(connector, offsets) {
      if (offsets.length > 0) await producer.send(records(connector, offsets))
    },
    records,
    close: () => (closing ??= close()),
  }
}
