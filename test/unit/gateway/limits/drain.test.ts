import { expect, test } from 'vitest'
import { drain } from '../../../../src/gateway/limits/drain.ts'
import { fakeGate, manualClock, settle } from '../harness.ts'

/** A clock on which a wait takes its time at once. */
function quickClock() {
  const clock = manualClock()
  return {
    ...clock,
    sleep: (ms: number) => {
      clock.advance(ms)
      return Promise.resolve()
    },
  }
}

async function clientsOf(count: number) {
  const clock = quickClock()
  const fake = fakeGate(clock)
  const ended: number[] = []
  const clients = Array.from({ length: count }, () => fake.connect())
  const startedAt = clock.now()
  for (const client of clients) client.send({ type: 'connect', id: 1 })
  await settle()
  let n = 0
  const run = (mostMs = 10_000, answerMs = 2000): Promise<void> =>
    drain({
      connections: clients.map(({ session }) => ({
        ...session,
        client: {
          ...session.client,
          outlet: { ...session.client.outlet, close: () => ended.push(clock.now() - startedAt) },
        },
      })),
      mostMs,
      answerMs,
      clock,
      random: () => (n++ % count) / count,
    })
  const told = (): number[] => clients.map((client) => Number(client.of('notice')[0]?.['reconnectAfter']))
  return { ...fake, clock, clients, ended, run, told }
}

test('clients leave one after the other, each when it was told to, 10 ms for each of them', async () => {
  const { run, told, ended } = await clientsOf(200)
  await run()
  expect(told()).toEqual(Array.from({ length: 200 }, (_, n) => n * 10))
  expect(ended).toEqual(Array.from({ length: 200 }, (_, n) => n * 10))
})

test('however many there are, it takes no longer than it may', async () => {
  const { run, ended } = await clientsOf(500)
  await run(1000)
  expect(ended).toHaveLength(500)
  expect(Math.max(...ended)).toBeLessThanOrEqual(1010)
})

test('until its turn a client is served, and what it published is answered first, for as long as may be', async () => {
  const { hub, clients, run, ended, clock } = await clientsOf(2)
  const answers: (() => void)[] = []
  hub.port.attachSource({
    connector: 'chat',
    channels: ['chat:*'],
    publish: () => new Promise((resolve) => answers.push(() => resolve({ ok: true }))),
  })
  const [first, second] = clients
  for (const client of clients) client.send({ type: 'publish', id: 2, channel: 'chat:1', data: 1 })
  await settle()
  const startedAt = clock.now()
  const done = run(10_000, 500)
  answers[0]?.()
  await done
  expect(first?.of('published')).toHaveLength(1)
  expect(second?.of('published')).toHaveLength(0)
  // The one that was never answered held it up to the end of its time.
  expect(ended).toHaveLength(2)
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(500)
  expect(clock.now() - startedAt).toBeLessThan(600)
})
