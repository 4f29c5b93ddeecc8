import { ConnectError, messageOf } from '#api'
import { FencedError, type ProducerRecord, type TransactionalProducer } from '../kafka/index.ts'

/** Writes that the leader of the cluster alone may do: each one a transaction, one after the other. */
export interface LeaderWriter {
  claim(): Promise<void>
  unclaim(): Promise<void>
  /** Resolves with the offset of the last record. Rejects with `FencedError` without `claim`, and when another has claimed since. */
  write(records: readonly ProducerRecord[], signal: AbortSignal): Promise<bigint | undefined>
}

/** The most writes that wait for their turn. */
const mostWaiting = 1000

export function createLeaderWriter(create: () => Promise<TransactionalProducer>): LeaderWriter {
  let producer: TransactionalProducer | undefined
  let opening: TransactionalProducer | undefined
  /** How often it was given up: a claim that was asked for before is none any more. */
  let term = 0
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= mostWaiting)
      return Promise.reject(new ConnectError(`More than ${mostWaiting} writes wait for the config topic.`))
    waiting++
    const mine = turn.then(work).finally(() => waiting--)
    turn = mine.catch(() => undefined)
    return mine
  }

  async function drop(): Promise<void> {
    const dropped = [producer, opening].flatMap((each) => each ?? [])
    producer = undefined
    opening = undefined
    await Promise.all(dropped.map((each) => each.close()))
  }

  async function open(mine: number): Promise<void> {
    const check = () => {
      if (mine !== term) throw new FencedError('The claim on the config topic was given up before it was settled.')
    }
    if (producer) return
    const next = await create()
    try {
      check()
      opening = next
      await next.open()
      check()
      producer = next
    } catch (error) {
      await next.close()
      throw error
    } finally {
      opening = undefined
    }
  }

  async function transaction(
    { begin }: TransactionalProducer,
    records: readonly ProducerRecord[],
  ): Promise<bigint | undefined> {
    const { send, commit } = await begin()
    const written = await send(records)
    await commit()
    return written.at(-1)?.offset
  }

  return {
    claim() {
      const mine = term
      return inTurn(() => open(mine))
    },
    // Not in turn: what is being written ends with its producer.
    async unclaim() {
      term++
      await drop()
    },
    write: (records, signal) =>
      inTurn(async () => {
        signal.throwIfAborted()
        if (!producer)
          throw new FencedError('Only the leader writes to the config topic, and this worker is not it now.')
        try {
          return await transaction(producer, records)
        } catch (error) {
          // Closing aborts what is open. Opened again it would fence whoever is leader by now: that takes a claim.
          await drop().catch(() => undefined)
          if (error instanceof FencedError) throw error
          throw new ConnectError(`The config topic could not be written: ${messageOf(error)}`, { cause: error })
        }
      }),
  }
}
