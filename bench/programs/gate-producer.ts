import { setTimeout as sleep } from 'node:timers/promises'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'

export interface ProduceInput {
  readonly kafka: string
  readonly topic: string
  /** Wraps each message as a command that Centrifugo takes from Kafka. */
  readonly asCommands: boolean
  /** Messages a second, over all channels. */
  readonly rate: number
  readonly seconds: number
  readonly channels: number
  readonly bytes: number
}

/** How often (ms) what is due is sent. */
const everyMs = 5

serveCommands({ produce })

/** Sends messages at a steady pace, and tells how many of each channel. */
async function produce(
  input: ProduceInput,
): Promise<{ readonly sent: number; readonly perChannel: readonly number[] }> {
  const { kafka, topic, rate, seconds, channels } = input
  const producer = plainKafka(kafka).producer()
  await producer.connect()
  const perChannel = Array.from({ length: channels }, () => 0)
  const all = Math.round(rate * seconds)
  const began = performance.now()
  let sent = 0
  const sends: Promise<unknown>[] = []
  while (sent < all) {
    const due = Math.min(all, Math.ceil(((performance.now() - began) * rate) / 1000))
    const messages: { key: string; value: string }[] = []
    for (; sent < due; sent++) {
      const place = sent % channels
      perChannel[place] = (perChannel[place] ?? 0) + 1
      messages.push({ key: `c${place}`, value: valueOf(place, input) })
    }
    if (messages.length > 0) sends.push(producer.send({ topic, messages }))
    await sleep(everyMs)
  }
  await Promise.all(sends)
  await producer.disconnect()
  return { sent, perChannel }
}

function valueOf(place: number, { asCommands, bytes, channels }: ProduceInput): string {
  const at = (performance.timeOrigin + performance.now()).toFixed(2)
  const text = `{"id":"c${place}","at":${at},"note":""}`
  const data = `${text.slice(0, -2)}${'x'.repeat(Math.max(0, bytes - text.length))}"}`
  if (!asCommands) return data
  const channel = channels === 1 ? 'bench' : `bench:c${place}`
  return `{"method":"publish","payload":{"channel":"${channel}","data":${data}}}`
}
