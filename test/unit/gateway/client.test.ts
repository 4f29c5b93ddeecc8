import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../../src/client/index.ts'
import { type Gateway, startGateway } from '../../../src/gateway/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { until } from '../../conformance/transport.ts'
import { type Feeder, feeder, makeAttachment, makeSettings, silent } from './harness.ts'

interface Started {
  readonly gateway: Gateway
  readonly buses: Feeder
  read(partition: number): void
}

/** A worker that reads a log of two partitions; each record is split into three messages. */
async function startWorker(port: number): Promise<Started> {
  const gateway = await startGateway({ settings: makeSettings({ port }), log: silent, clock: systemClock })
  onTestFinished(() => gateway.stop())
  const identity = {
    clusterId: async () => 'cluster-1',
    timestampAt: async (_: unknown, offset: bigint) => 1_700_000_000_000 + Number(offset),
  }
  const buses = feeder(gateway.port.attachSink(makeAttachment({ identity })), 2)
  const next = [0, 0]
  const read = (partition: number): void => {
    const offset = next[partition] ?? 0
    next[partition] = offset + 1
    const parts = [0, 1, 2].map((part) => ({ channel: 'bus:1', data: `${partition}/${offset}/${part}`, key: 'k' }))
    buses.record(parts, partition)
  }
  gateway.ready()
  return { gateway, buses, read }
}

test('the client comes through a restart of the worker, which reads in another order, with every message once', async () => {
  const first = await startWorker(0)
  first.buses.feed.ready()
  await until(() => first.gateway.isReady())
  const client = connect(`${first.gateway.address.url.replace('http', 'ws')}/ws`, {
    WebSocket,
    backoff: { initialMs: 5, maxMs: 20 },
  })
  onTestFinished(() => client.close())
  const seen: unknown[] = []
  const recovered: unknown[] = []
  client.subscribe('bus:1', {
    snapshot: true,
    onMessage: ({ data }) => seen.push(data),
    onSubscribed: (told) => recovered.push(told.recovered),
  })
  await until(() => recovered.length === 1)
  for (const partition of [0, 0, 0, 1]) first.read(partition)
  await until(() => seen.length === 12)
  await first.gateway.stop()

  const second = await startWorker(first.gateway.address.port)
  for (const partition of [1, 1, 0]) second.read(partition)
  second.buses.feed.ready()
  await until(() => recovered.length === 2)
  await until(() => seen.length === 15)
  for (const partition of [0, 1, 0, 0]) second.read(partition)
  await until(() => seen.length === 21)
  expect(recovered).toEqual([null, true])
  for (const [partition, records] of [4, 3].entries()) {
    const wanted = Array.from({ length: records * 3 }, (_, n) => `${partition}/${Math.floor(n / 3)}/${n % 3}`)
    expect(seen.filter((data) => String(data).startsWith(`${partition}/`))).toEqual(wanted)
  }
})
