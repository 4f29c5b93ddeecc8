import { isRetriable } from '#api'
import type { ProducerRecord } from '../kafka/index.ts'
import { retry } from '../util/retry.ts'
import * as entries from './config-entries.ts'
import { createConfigReader } from './config-reader.ts'
import type { ConfigStore } from './config-store.ts'
import { createLeaderWriter } from './leader-writer.ts'
import { bounded, type TopicStoreOptions } from './storage-kafka.ts'

export interface ConfigStoreOptions extends TopicStoreOptions {
  readonly groupId: string
  /** How long a write and its reading back may take. */
  readonly timeoutMs?: number | undefined
}

/** Resolves when the topic was read to its end. The topic has one partition. */
export async function openConfigStore(options: ConfigStoreOptions): Promise<ConfigStore> {
  const { kafka, topic, groupId, props = {}, log, clock, timeoutMs = 30_000 } = options
  const clientId = `${options.clientId}-configs`
  const reader = createConfigReader(log)
  const topicLog = await kafka.topicLog({
    topic,
    clientId,
    // What a leader that is no longer one could not commit is to be seen by none.
    props: { ...props, 'isolation.level': 'read_committed' },
    onRecord: reader.accept,
  })
  const producing = { ...props, acks: 'all' }
  const producer = await kafka
    .producer({
      clientId,
      props: { ...producing, 'enable.idempotence': 'false', 'max.in.flight.requests.per.connection': '1' },
    })
    .catch(async (error: unknown) => {
      await topicLog.close()
      throw error
    })
  const transactionalId = `connect-cluster-${groupId}`
  const leader = createLeaderWriter(() =>
    kafka.transactionalProducer({ clientId: `${clientId}-leader`, transactionalId, props: producing }),
  )

  const toRecord = ({ key, value }: entries.ConfigEntry): ProducerRecord => ({
    topic,
    partition: 0,
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  })

  const backoff = { initialMs: 100, maxMs: 1000 }
  const anybodys = async (records: readonly ProducerRecord[], signal: AbortSignal) =>
    (await retry(() => producer.send(records), { clock, signal, backoff, again: isRetriable })).at(-1)?.offset

  const put = (write: typeof anybodys, written: readonly entries.ConfigEntry[]): Promise<void> =>
    bounded(timeoutMs, `Writing to the config topic ${topic}`, clock, async (signal) => {
      const offset = await write(written.map(toRecord), signal)
      await topicLog.readToEnd(signal)
      // An open transaction of another keeps the end before what was just written.
      if (offset !== undefined) await reader.reached(offset, signal)
    })
  const lead = (...written: readonly entries.ConfigEntry[]) => put(leader.write, written)

  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    const ended = await Promise.allSettled([leader.unclaim(), producer.close(), topicLog.close()])
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }

  return {
    state: reader.state,
    onChange: reader.onChange,
    async refresh(ms) {
      await bounded(ms, `Reading the config topic ${topic} to its end`, clock, (signal) => topicLog.readToEnd(signal))
      return reader.state()
    },
    claim: leader.claim,
    unclaim: leader.unclaim,
    putConnector: (name, config, target) =>
      lead(...(target ? [entries.targetEntry(name, target)] : []), entries.connectorEntry(name, config)),
    removeConnector: (name) => lead(...entries.removedEntries(name)),
    putTasks: (name, tasks) => lead(...entries.taskEntries(name, tasks)),
    putStopped: (name) => lead(...entries.taskEntries(name, []), entries.targetEntry(name, 'STOPPED')),
    putTaskCount: (name, count) => lead(entries.taskCountEntry(name, count)),
    putSessionKey: (key) => lead(entries.sessionKeyEntry(key)),
    putRestart: (name, restart) => lead(entries.restartEntry(name, restart)),
    putTarget: (name, target) => put(anybodys, [entries.targetEntry(name, target)]),
    putLogger: (namespace, level) => put(anybodys, [entries.loggerEntry(namespace, level)]),
    close: () => (closing ??= close()),
  }
}
