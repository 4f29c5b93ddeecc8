import { expect, test } from 'vitest'
import { ConnectError } from '#api'
import { FencedError, UnknownOutcomeError } from '../../../../src/kafka/index.ts'
import { config, desire, entryOf, setUpLocal } from './local-harness.ts'

/** A task whose producer cannot be opened for these reasons, one after the other. */
async function setUp(...refusals: readonly Error[]) {
  const harness = await setUpLocal({ exactlyOnce: true })
  const { kafka, cluster, work, align } = harness
  const order: string[] = []
  let opened = 0
  kafka.client.transactionalProducer = async () => ({
    async open() {
      order.push(`open after ${cluster.verified.length} checks`)
      const refusal = refusals[opened++]
      if (refusal) throw refusal
    },
    begin: () => Promise.reject(new Error('no records here')),
    async close() {},
  })
  const entry = entryOf(config(), 1)
  await align(desire(entry, false, [0]))
  return { ...harness, order, work, entry }
}

test('a task whose transactions were cut off begins anew by itself, after it was asked whether it is still here', async () => {
  const { order, pass, states, statuses } = await setUp(new FencedError('fenced'), new UnknownOutcomeError('unknown'))
  expect(await states()).toBe('-: FAILED')
  expect(statuses.tasks('c').get(0)?.trace).toContain('fenced')
  await pass(3500)
  expect(order).toEqual(['open after 0 checks'])
  await pass(1500)
  expect(order).toEqual(['open after 0 checks', 'open after 1 checks'])
  await pass(10_000)
  expect(order.at(-1)).toBe('open after 2 checks')
})

test('one that is another’s by now fences nobody and stays failed', async () => {
  const { order, pass, states, cluster } = await setUp(new FencedError('fenced'))
  cluster.stale = new ConnectError('it has already been revoked from this worker')
  await pass(600_000)
  expect(order).toHaveLength(1)
  expect(cluster.verified).toHaveLength(1)
  expect(await states()).toBe('-: FAILED')
})

test('one that was cut off begins anew when it is resumed, and not while it is paused', async () => {
  const { order, pass, align, entry } = await setUp(new FencedError('fenced'))
  await align(desire({ ...entry, target: 'PAUSED' }, false, [0]))
  await pass(60_000)
  expect(order).toHaveLength(1)
  await align(desire(entry, false, [0]))
  await pass(10_000)
  expect(order).toHaveLength(2)
})

test('any other failure stays as it is', async () => {
  const { order, pass, states } = await setUp(new ConnectError('no rights'))
  await pass(600_000)
  expect(order).toHaveLength(1)
  expect(await states()).toBe('-: FAILED')
})
