import { expect, test } from 'vitest'
import { fenceProducers } from '../../../src/kafka/fence-producers.ts'
import { type Cluster, type ProtocolCall, protocolError } from '../../../src/kafka/internals.ts'
import { manualClock } from '../../support/quiet.ts'

const [invalidTimeout, refused] = [50, 53]

/** A coordinator that takes time-outs up to `maxMs`, and tells which it was asked for. */
function clusterOf(maxMs: number, code = invalidTimeout) {
  const asked: number[] = []
  const send = async ({ request }: ProtocolCall<unknown>) => {
    const { buffer } = await request.encode()
    const ms = buffer.readInt32BE(2 + 'id'.length)
    asked.push(ms)
    if (ms > maxMs) throw protocolError(code)
  }
  const cluster = { findGroupCoordinator: async () => ({ connectionPool: { send } }) } as unknown as Cluster
  return { cluster, asked }
}

const limits = { clock: manualClock(), timeoutMs: 30_000 }

test('a producer is fenced also where transactions may not last as long as a request', async () => {
  const { cluster, asked } = clusterOf(5000)
  await fenceProducers(cluster, ['id'], limits)
  expect(asked).toEqual([30_000, 1000])
})

test('any other refusal is an error', async () => {
  const { cluster, asked } = clusterOf(0, refused)
  await expect(fenceProducers(cluster, ['id'], limits)).rejects.toBeInstanceOf(Error)
  expect(asked).toEqual([30_000])
})
