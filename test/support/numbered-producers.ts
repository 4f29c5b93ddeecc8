import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, connect } from '../../src/client/index.ts'

export interface NumberedProducersOptions {
  readonly count: number
  /** Of each producer. */
  readonly inFlight: number
  readonly channel: string
  /** `ws://…/ws` of each worker; a producer whose connection ends goes on to the next one. */
  readonly urls: readonly string[]
  /** What tokens are signed with. */
  readonly secret: string
}

interface Producer {
  readonly client: Client
  /** Counts from 1; the last that was sent. */
  last: number
  answered: number
  duplicates: number
}

const pause = { initialMs: 100, maxMs: 1000 }

/** Producers that publish `{producer, id}` with growing ids, always so many unanswered; all of that through the client's own protocol. */
export async function startNumberedProducers({ count, inFlight, channel, urls, secret }: NumberedProducersOptions) {
  const refused: Error[] = []
  let isEnding = false

  async function start(index: number): Promise<Producer> {
    const name = `rider-${index}`
    const token = await new SignJWT({ sub: name, publish: [channel] })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret))
    let turn = index
    class NextWorker extends WebSocket {
      constructor(_url: string, protocols?: string) {
        super(urls[turn++ % urls.length] ?? '', protocols)
      }
    }
    const client = connect('ws://any', {
      token,
      producer: 'phone',
      WebSocket: NextWorker,
      backoff: pause,
      maxPending: inFlight,
      onError: (error) => refused.push(error),
    })
    return { client, last: 0, answered: 0, duplicates: 0 }
  }

  const producers = await Promise.all(Array.from({ length: count }, (_, index) => start(index)))

  /** One after the other, as one of those that a producer has in flight. */
  async function publish(producer: Producer, name: string): Promise<void> {
    while (!isEnding && refused.length === 0) {
      const id = ++producer.last
      try {
        const { duplicate } = await producer.client.publish(channel, { producer: name, id }, { messageId: id })
        producer.answered++
        if (duplicate) producer.duplicates++
      } catch (error) {
        refused.push(error as Error)
      }
    }
  }
  const publishing = producers.flatMap((producer, index) =>
    Array.from({ length: inFlight }, () => publish(producer, `rider-${index}`)),
  )
  const close = (): void => {
    isEnding = true
    for (const { client } of producers) client.close()
  }
  onTestFinished(close)
  function throwRefused(): void {
    const [first] = refused
    if (first) throw new Error(`${refused.length} messages were refused for good: ${first.message}`, { cause: first })
  }
  const sum = (of: (producer: Producer) => number): number => producers.map(of).reduce((a, b) => a + b, 0)

  return {
    /** Of each producer. Throws when one was refused for good. */
    answered(): readonly number[] {
      throwRefused()
      return producers.map(({ answered }) => answered)
    },
    /** Resolves when all that was sent is answered; the last id of each producer by its name. */
    async end() {
      isEnding = true
      await Promise.all(publishing)
      close()
      throwRefused()
      return {
        last: new Map(producers.map(({ last }, index) => [`rider-${index}`, last])),
        answered: sum(({ answered }) => answered),
        duplicates: sum(({ duplicates }) => duplicates),
      }
    },
  }
}
