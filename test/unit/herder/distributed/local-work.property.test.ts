import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DesiredWork } from '../../../../src/herder/distributed/local-work.ts'
import type { ConnectorEntry } from '../../../../src/storage/index.ts'
import { config, entryOf, type LocalHarness, setUpLocal } from './local-harness.ts'

const names = ['a', 'b', 'e'] as const
const classOf = (name: string) => (name === 'e' ? 'EverywhereSink' : 'ScriptedSource')

/** One connector as a sequence of changes may leave it, and what of it is here. */
const connector = fc.record({
  target: fc.constantFrom('STARTED' as const, 'PAUSED' as const, 'STOPPED' as const),
  count: fc.nat(3),
  generation: fc.integer({ min: 1, max: 3 }),
  size: fc.constantFrom('1', '2'),
  isOwner: fc.boolean(),
  here: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
})
type Drawn = typeof connector extends fc.Arbitrary<infer T> ? T : never

const step = fc.record({
  state: fc.record({ a: fc.option(connector), b: fc.option(connector), e: fc.option(connector) }),
  next: fc.constantFrom('wait' as const, 'go on' as const, 'abandon' as const, 'restart' as const, 'fail' as const),
})

function desiredOf(state: Readonly<Record<string, Drawn | null>>): DesiredWork {
  const entries = names.flatMap((name): [string, ConnectorEntry, Drawn][] => {
    const drawn = state[name]
    if (!drawn) return []
    const { target, size, generation } = drawn
    const count = target === 'STOPPED' ? 0 : name === 'e' ? Math.min(1, drawn.count) : drawn.count
    const raw = config({ name, 'connector.class': classOf(name), topics: 't', 'tasks.max': '3', size })
    return [[name, entryOf(raw, count, { target, tasksGeneration: generation }), drawn]]
  })
  return {
    all: new Map(entries.map(([name, entry]) => [name, entry])),
    connectors: new Map(entries.filter(([, , { isOwner }]) => isOwner).map(([name, entry]) => [name, entry])),
    tasks: entries.flatMap(([name, entry, { here }]) =>
      entry.tasks.flatMap((props, task) => (here[task] ? [{ id: { connector: name, task }, props, entry }] : [])),
    ),
  }
}

const sorted = (keys: Iterable<string>) => [...keys].toSorted()

function check({ work, script }: LocalHarness, desired: DesiredWork): void {
  const running = work.running()
  expect(sorted(running.connectors)).toEqual(sorted(desired.connectors.keys()))
  const keys = running.tasks.map(({ connector: name, task }) => `${name}/${task}`)
  expect(sorted(keys)).toEqual(sorted(desired.tasks.map(({ id }) => `${id.connector}/${id.task}`)))
  const isStarted = (entry: ConnectorEntry | undefined) => entry?.target === 'STARTED'
  const wanted = [
    ...desired.tasks
      .filter(({ id, entry }) => id.connector !== 'e' && isStarted(entry))
      .map(({ id }) => `${id.connector}/${id.task}`),
    ...[...desired.all]
      .filter(([name, entry]) => name === 'e' && entry.tasks.length > 0 && isStarted(entry))
      .map(() => 'e/reader'),
  ]
  const live = [...script.live].filter(([, count]) => count > 0).map(([key]) => key)
  // A task that was paused after its start lives on.
  expect(live).toEqual(expect.arrayContaining(wanted))
  for (const key of live) {
    const [name = ''] = key.split('/')
    expect(desired.all.get(name)?.target).toMatch(/STARTED|PAUSED/)
  }
}

test('any sequence of desired states ends with that running, and never a task twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const harness = await setUpLocal()
      const { work, script, settle, clock } = harness
      const waiting: Promise<void>[] = []
      for (const { state, next } of steps) {
        const desired = desiredOf(state)
        script.onStart =
          next === 'fail'
            ? () => {
                throw new Error('no')
              }
            : undefined
        waiting.push(work.align(desired))
        if (next === 'wait' || next === 'fail') await settle()
        if (next === 'restart') {
          const asked = [work.restartConnector('a'), work.restartTask({ connector: 'b', task: 0 })]
          waiting.push(...asked.map((each) => each.catch(() => undefined)))
        }
        if (next === 'abandon') await work.abandon()
        for (const count of script.live.values()) expect(count).toBeLessThanOrEqual(1)
      }
      script.onStart = undefined
      const last = desiredOf(steps.at(-1)?.state ?? { a: null, b: null, e: null })
      // Failed ones run as far as `running` says; another generation begins them anew.
      const renewed: DesiredWork = {
        all: renew(last.all),
        connectors: renew(last.connectors),
        tasks: last.tasks.map((each) => ({ ...each, entry: { ...each.entry, tasksGeneration: 9 } })),
      }
      waiting.push(work.align(renewed))
      await Promise.all(waiting)
      await settle()
      check(harness, renewed)
      for (const count of script.live.values()) expect(count).toBeLessThanOrEqual(1)
      const stopped = work.stop()
      await settle()
      await clock.advance(10_000)
      await stopped
      expect([...script.live.values()].every((count) => count === 0)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

const renew = (entries: ReadonlyMap<string, ConnectorEntry>): ReadonlyMap<string, ConnectorEntry> =>
  new Map([...entries].map(([name, entry]) => [name, { ...entry, tasksGeneration: 9 }]))
