import type { TopicLogOptions } from '../kafka/index.ts'
import { createNewestWriter } from './newest-writer.ts'
import { type StatusKey, writeStatus, writeStatusKey, writeTopicUse } from './status-entries.ts'
import { createStatusLog } from './status-log.ts'
import type { Status, StatusStore } from './status-store.ts'
import type { TopicStoreOptions } from './storage-kafka.ts'

/** Resolves when the topic was read to its end. */
export async function openStatusStore(options: TopicStoreOptions): Promise<StatusStore> {
  const { kafka, topic, props = {}, log, clock } = options
  const clientId = `${options.clientId}-statuses`
  /** What was last put of each connector and task, until its status is taken away. */
  const own = new Map<string, Status>()
  const read = createStatusLog(log, putAgain)
  const onRecord: TopicLogOptions['onRecord'] = (record) => {
    if (record.key && record.value === null) own.delete(record.key.toString())
    read.apply(record)
  }
  const topicLog = await kafka.topicLog({ topic, clientId, props, onRecord })
  const settings = { acks: 'all', 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '1' }
  const producer = await kafka
    .producer({ clientId, props: { ...props, ...settings } })
    .catch(async (error: unknown) => {
      await topicLog.close()
      throw error
    })
  const writer = createNewestWriter(
    (items) =>
      producer.send(
        items.map(({ key, value }) => ({
          topic,
          key: Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          headers: [],
        })),
      ),
    { log, clock },
  )

  function put(key: StatusKey, status: Status | undefined, safe: boolean, current: () => Status | undefined): void {
    if (safe && !maySafely(current(), status)) return
    const text = writeStatusKey(key)
    if (status) own.set(text, status)
    writer.put({
      key: text,
      value: status ? writeStatus(status) : null,
      // While it could not be written another worker may have taken over.
      stillWanted: () => !status || maySafely(current(), status),
    })
  }

  /** Whoever had it before has said so behind this worker, which has it: who reads the compacted topic would believe that. */
  function putAgain(key: string, kept: Status): void {
    const mine = own.get(key)
    if (mine?.state !== kept.state || mine.workerId !== kept.workerId || mine.generation !== kept.generation) return
    writer.put({ key, value: writeStatus(mine), stillWanted: () => own.get(key) === mine })
  }

  const putTopicUse = (name: string, of: string, value: string | null) =>
    writer.put({ key: writeStatusKey({ kind: 'topic', name, topic: of }), value, stillWanted: () => true })

  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    await writer.close()
    await producer.close()
    await topicLog.close()
  }

  return {
    connector: read.connector,
    task: read.task,
    tasks: read.tasks,
    connectors: read.connectors,
    putConnector: (name, status, safe = false) =>
      put({ kind: 'connector', name }, status, safe, () => read.connector(name)),
    putTask: (name, number, status, safe = false) =>
      put({ kind: 'task', name, task: number }, status, safe, () => read.task(name, number)),
    topics: (name) => [...read.topics(name).values()].map((use) => use.topic).toSorted(),
    putTopic(name, number, used) {
      if (read.topics(name).has(used)) return
      const use = { topic: used, task: number, discoveredAt: clock.now() }
      read.setTopic(name, used, use)
      putTopicUse(name, used, writeTopicUse(name, use))
    },
    removeTopics(name) {
      for (const used of read.topics(name).keys()) {
        read.setTopic(name, used, undefined)
        putTopicUse(name, used, null)
      }
    },
    flush: writer.flush,
    close: () => (closing ??= close()),
  }
}

/** Not over a newer generation's, nor over what another worker says in the same one. A tombstone is nobody's. */
function maySafely(current: Status | undefined, status: Status | undefined): boolean {
  if (!current || !status || current.workerId === status.workerId) return true
  return current.generation < status.generation
}
