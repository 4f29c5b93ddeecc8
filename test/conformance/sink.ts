import { describe, expect, test } from 'vitest'
import type { GatewayPort, Props, SinkConnector } from '#api'
import { runSink, sinkRecord } from './run-task.ts'

/** The outside that a sink writes to: made for one test, it registers its own clean-up. */
export interface SinkRemote {
  /** The connector's properties. A record whose value has no `n` must be one that cannot be delivered. */
  readonly props: Props
  readonly gateway?: GatewayPort
  /** The task runs: connect to it, where it is the other side that connects. */
  started?(): Promise<void>
  /** Waits until `count` values have come and resolves with them. */
  received(count: number): Promise<readonly unknown[]>
  /** Goes away in the middle of what it is sent, and comes back. */
  restart?(): Promise<void>
  /** Takes no more until the function that comes back is called. */
  stall?(): () => void
  /** The connections and attachments that the task has open. */
  open(): number
}

export interface SinkSubject {
  readonly connector: SinkConnector
  /** When one connector is tried in several configurations or surroundings. */
  readonly as?: string
  remote(): Promise<SinkRemote>
  /** Whether nothing is lost when the other side goes away. */
  readonly keepsAll: boolean
  /** Whether there is no record that cannot be delivered. */
  readonly takesAnything?: boolean
}

const records = (from: number, to: number, pad = '') =>
  Array.from({ length: to - from }, (_, index) => sinkRecord(from + index, { n: from + index, pad }))
const numbers = (values: readonly unknown[]) => values.map((value) => (value as { n: number }).n)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

/** What every sink must do, wherever it writes to. A connector's own test file calls it once. */
export function testSink(subject: SinkSubject): void {
  const start = async (remote: SinkRemote, more: { props?: Props; tolerant?: boolean } = {}) => {
    const run = await runSink(subject.connector, {
      props: { ...remote.props, ...more.props },
      gateway: remote.gateway,
      tolerant: more.tolerant ?? false,
    })
    await remote.started?.()
    return run
  }
  describe(`as every sink, ${subject.connector.name}${subject.as ? ` ${subject.as}` : ''}`, () => {
    test('delivers in order and lets all of it be committed', async () => {
      const remote = await subject.remote()
      const run = await start(remote)
      await run.put(records(0, 3))
      await run.put(records(3, 5))
      expect(numbers(await remote.received(5))).toEqual(upTo(5))
      await expect.poll(() => run.committable()).toBe(5n)
    })

    test('reports a record that cannot be delivered and goes on', async ({ skip }) => {
      if (subject.takesAnything) return skip('it takes whatever comes')
      const remote = await subject.remote()
      const run = await start(remote, { tolerant: true })
      await run.put([...records(0, 1), sinkRecord(1, {}), ...records(2, 3)])
      expect(numbers(await remote.received(2))).toEqual([0, 2])
      expect(run.errants.map(({ record }) => record.origin.offset)).toEqual([1n])
      expect(String(run.errants[0]?.error)).toContain('value.n')
      await expect.poll(() => run.committable()).toBe(3n)
    })

    test('fails at a record that cannot be delivered when errors are not tolerated', async ({ skip }) => {
      if (subject.takesAnything) return skip('it takes whatever comes')
      const run = await start(await subject.remote())
      await expect(run.put([sinkRecord(0, {})])).rejects.toThrow('value.n')
    })

    test('stops promptly and leaves nothing open', async () => {
      const remote = await subject.remote()
      const run = await start(remote)
      await run.put(records(0, 1))
      await remote.received(1)
      expect(remote.open()).toBe(1)
      const began = Date.now()
      await run.stop()
      expect(Date.now() - began).toBeLessThan(1500)
      await expect.poll(() => remote.open()).toBe(0)
    })

    test.runIf(subject.keepsAll)('loses nothing when the other side goes away and comes back', async ({ skip }) => {
      const remote = await subject.remote()
      if (!remote.restart) return skip('there is no other side that could go away')
      const run = await start(remote)
      const putting = run.put(records(0, 500))
      await remote.received(50)
      await remote.restart()
      await putting
      await expect.poll(() => run.committable(), { timeout: 20_000 }).toBe(500n)
      const received = numbers(await remote.received(500))
      expect([...new Set(received)]).toEqual(upTo(500))
    })

    test('holds its records back while the other side takes none', async ({ skip }) => {
      const remote = await subject.remote()
      if (!remote.stall) return skip('its other side never holds it back')
      const run = await start(remote)
      await run.put(records(0, 1))
      await remote.received(1)
      const goOn = remote.stall()
      const pad = 'x'.repeat(10_000)
      let put = 1
      const flood = async () => {
        for (; put < 3000; put += 100) await run.put(records(put, put + 100, pad))
      }
      const flooding = flood()
      let before = -1
      await expect
        .poll(
          () => {
            const still = before === put
            before = put
            return still
          },
          { interval: 150, timeout: 5000 },
        )
        .toBe(true)
      expect(put).toBeLessThan(3000)
      expect(await run.committable().then(Number)).toBeLessThan(3000)
      goOn()
      await flooding
      const last = numbers(await remote.received(put))
      expect([...new Set(last)]).toEqual(upTo(put))
    })
  })
}
