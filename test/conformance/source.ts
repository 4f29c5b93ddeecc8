import { describe, expect, test } from 'vitest'
import { type GatewayPort, messageOf, type Props, type Schema, type SourceConnector } from '#api'
import { runSource } from './run-task.ts'

/** The outside that a source reads: made for one test, it registers its own clean-up. */
export interface SourceRemote {
  /** The connector's properties; values of the topic have to fit `{ n: int32, pad?: string }`. */
  readonly props: Props
  readonly gateway?: GatewayPort
  /** Sends `{"n":…}` for each number; resolves when all are on their way. */
  feed(numbers: readonly number[]): Promise<void>
  /** Sends what does not fit: `n` is a text. Resolves with the refusal, when it is the sender who is told. Absent: anything fits. */
  poison?(): Promise<string | undefined>
  /** Goes away and comes back. */
  restart?(): Promise<void>
  /** Sends numbered messages from 0 until it is held back; resolves with how many it got rid of. */
  flood(): Promise<number>
  /** The connections and attachments that the task has open. */
  open(): number
}

export interface SourceSubject {
  readonly connector: SourceConnector
  /** When one connector is tried in several surroundings. */
  readonly as?: string
  remote(): Promise<SourceRemote>
  /** Whether it stores offsets with which a later task continues. */
  readonly resumes: boolean
  /** The number in a record's value, where that is not its `n`. */
  numberOf?(value: unknown): number
}

const valueSchema = async (): Promise<Schema> => ({
  type: 'struct',
  fields: [
    { name: 'n', schema: { type: 'int32' } },
    { name: 'pad', schema: { type: 'string', optional: true } },
  ],
})

/** What every source must do, whatever it reads. A connector's own test file calls it once. */
export function testSource(subject: SourceSubject): void {
  const start = async (remote: SourceRemote, more: { props?: Props; stored?: ReadonlyMap<string, object> } = {}) =>
    runSource(subject.connector, {
      props: { ...remote.props, ...more.props },
      gateway: remote.gateway,
      valueSchema,
      stored: more.stored as ReadonlyMap<string, Readonly<Record<string, unknown>>>,
    })

  const numberOf = subject.numberOf ?? ((value: unknown) => (value as { n: number }).n)
  const numbers = (records: readonly { readonly value: unknown }[]) => records.map(({ value }) => numberOf(value))

  describe(`as every source, ${subject.connector.name}${subject.as ? ` ${subject.as}` : ''}`, () => {
    test('hands out what comes, in order', async () => {
      const remote = await subject.remote()
      const run = await start(remote)
      await remote.feed([1, 2, 3])
      expect(numbers(await run.records(3))).toEqual([1, 2, 3])
    })

    test.runIf(subject.resumes)('continues after the stored offset', async () => {
      const remote = await subject.remote()
      const first = await start(remote)
      await remote.feed([1, 2, 3])
      await first.records(3)
      await first.stop()
      const second = await start(remote, { stored: first.stored })
      await remote.feed([4, 5])
      expect(numbers(await second.records(2))).toEqual([4, 5])
    })

    test('ends an idle poll soon after the signal aborts', async () => {
      const run = await start(await subject.remote())
      const polled = run.task.poll()
      const began = Date.now()
      run.abort()
      expect(await polled).toEqual([])
      expect(Date.now() - began).toBeLessThan(300)
    })

    test('stops promptly and leaves nothing open', async () => {
      const remote = await subject.remote()
      const run = await start(remote)
      await remote.feed([1])
      await run.records(1)
      expect(remote.open()).toBe(1)
      const began = Date.now()
      await run.stop()
      expect(Date.now() - began).toBeLessThan(1000)
      await expect.poll(() => remote.open()).toBe(0)
    })

    test('names the field of a message that does not fit', async ({ skip }) => {
      const remote = await subject.remote()
      if (!remote.poison) return skip('whatever comes fits')
      const run = await start(remote)
      await remote.feed([1])
      await run.records(1)
      const refusal = await remote.poison()
      const told = refusal ?? (await run.records(1).catch(messageOf))
      expect(told).toMatch(/"n" must be an integer/)
    })

    test('goes on behind a message that does not fit when errors are tolerated', async ({ skip }) => {
      const remote = await subject.remote()
      if (!remote.poison) return skip('whatever comes fits')
      const run = await start(remote, { props: { 'errors.tolerance': 'all' } })
      await remote.feed([1])
      await remote.poison()
      await remote.feed([2])
      expect(numbers(await run.records(2))).toEqual([1, 2])
    })

    test('goes on when the other side went away and came back', async ({ skip }) => {
      const remote = await subject.remote()
      if (!remote.restart) return skip('there is no other side that could go away')
      const run = await start(remote)
      await remote.feed([1, 2])
      expect(numbers(await run.records(2))).toEqual([1, 2])
      await remote.restart()
      await remote.feed([3, 4])
      expect(numbers(await run.records(2))).toEqual([3, 4])
    })

    test('takes only so much while nobody polls, and all of that afterwards', async () => {
      const remote = await subject.remote()
      const run = await start(remote)
      const sent = await remote.flood()
      const records = await run.records(sent)
      expect(numbers(records)).toEqual(Array.from({ length: sent }, (_, index) => index))
    })
  })
}
