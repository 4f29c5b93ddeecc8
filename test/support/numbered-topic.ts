import { onTestFinished } from 'vitest'
import type { KafkaClient } from '../../src/kafka/index.ts'

export interface NumberedTopicOptions {
  readonly topic: string
  readonly partitions: number
  readonly channels: number
  readonly keysOfChannel: number
  /** Messages of one record, which a sink splits. */
  readonly perRecord: number
  readonly everyMs: number
  /** Of all channels together. */
  readonly recordsEach: number
}

/** A topic of records that are lists of `{channel, id, n, at, left}`: each id counts from 1, and has its channel and partition for itself; so many of the record are left after it. */
export interface NumberedTopic {
  readonly channels: readonly string[]
  start(): void
  /** Resolves when Kafka has all that was made. */
  stop(): Promise<void>
  /** The last number of each id, by channel. */
  last(): Readonly<Record<string, Readonly<Record<string, number>>>>
  made(): number
}

export async function numberedTopic(kafka: KafkaClient, options: NumberedTopicOptions): Promise<NumberedTopic> {
  const { topic, partitions, perRecord, everyMs, recordsEach, keysOfChannel } = options
  await kafka.createTopic(topic, { partitions, replicationFactor: 1 })
  const producer = await kafka.producer({ clientId: 'numbers' })
  const names = Array.from({ length: options.channels }, (_, index) => `c${index}`)
  const ids = names.map((name) => Array.from({ length: keysOfChannel }, (_, key) => `${name}-${key}`))
  const numbers = new Map<string, number>()
  let turn = 0
  let made = 0
  let sending: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let failed: unknown

  function record() {
    const at = Date.now()
    const index = turn++ % names.length
    const own = ids[index] ?? []
    const round = Math.floor(turn / names.length)
    const messages = Array.from({ length: perRecord }, (_, part) => {
      const id = own[(round + part) % own.length] ?? ''
      const n = (numbers.get(id) ?? 0) + 1
      numbers.set(id, n)
      made++
      return { channel: names[index], id, n, at, left: perRecord - 1 - part }
    })
    const value = Buffer.from(JSON.stringify(messages))
    return { topic, key: null, value, partition: index % partitions, headers: [] }
  }

  async function send(former: Promise<void>, records: ReturnType<typeof record>[]): Promise<void> {
    await former
    try {
      await producer.send(records)
    } catch (error) {
      failed ??= error
    }
  }
  let began = 0
  let ticks = 0
  /** As many as the time asks for: a timer that comes late is made up for. */
  const tick = (): void => {
    const due = Math.floor((performance.now() - began) / everyMs) - ticks
    if (due <= 0) return
    ticks += due
    sending = send(sending, Array.from({ length: due * recordsEach }, record))
  }
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    await sending
    if (failed !== undefined) throw new Error('The feed could not write.', { cause: failed })
  }
  onTestFinished(async () => {
    clearInterval(timer)
    await sending
    await producer.close()
  })
  return {
    channels: names.map((name) => `item:${name}`),
    start() {
      if (timer) return
      began = performance.now()
      timer = setInterval(tick, everyMs)
    },
    stop,
    last: () =>
      Object.fromEntries(
        names.map((name, index) => [
          `item:${name}`,
          Object.fromEntries((ids[index] ?? []).map((id) => [id, numbers.get(id) ?? 0])),
        ]),
      ),
    made: () => made,
  }
}
