import { expect, onTestFinished, test } from 'vitest'
import { createFrameReader, makeFrame } from '../../../../src/gateway/link/framing.ts'
import { writeMessage } from '../../../../src/gateway/link/message-text.ts'
import { linkVersion } from '../../../../src/gateway/link/messages.ts'
import { noPeers } from '../../../../src/gateway/peers.ts'
import { eventually } from '../../../support/eventually.ts'
import { linkLimits, makeWorkerEnd, memoryPair } from '../../../support/linked.ts'
import { numbered, positionAt } from '../../../support/past-worker.ts'
import { fakePast } from '../fake-past.ts'
import { fakeGate, makeAttachment, manualClock } from '../harness.ts'

test('the gate in this process and those elsewhere are read back for out of one budget', async () => {
  const waits: number[] = []
  const clock = {
    ...manualClock(),
    async sleep(ms: number, signal?: AbortSignal) {
      // All else that sleeps watches something, and does so for good.
      if (![1900, 2000, 3900].includes(ms)) return manualClock().sleep(ms, signal)
      waits.push(ms)
      return undefined
    },
  }
  const end = makeWorkerEnd('worker', clock, linkLimits, { readBytesPerS: 1000 })
  const pair = await memoryPair()
  onTestFinished(async () => {
    end.stop()
    await pair.close()
  })
  const records = numbered(20)
  const attachment = makeAttachment({
    window: { maxBytes: 0, maxAgeMs: 3_600_000 },
    past: fakePast([records]),
    identity: {
      clusterId: async () => 'cluster-1',
      timestampAt: async (_, offset) => records[Number(offset)]?.at ?? 'beyond',
    },
  })
  const partition = { topic: 't', partition: 0 }
  const publications = records.flatMap(({ at, parts }, offset) =>
    parts.map((part) => ({ ...part, origin: { ...partition, offset: BigInt(offset), timestamp: at } })),
  )
  const here = fakeGate(clock, {}, noPeers, end.readBudget)
  for (const feed of [end.port.attachSink(attachment), here.hub.port.attachSink(attachment)]) {
    feed.open([{ ...partition, offset: 0n }])
    feed.publish(publications, [{ ...partition, offset: 20n, timestamp: clock.now() }])
    feed.ready()
  }

  const kinds: string[] = []
  pair.gate.on(
    'data',
    createFrameReader(1_000_000, (kind) => void kinds.push(kind)),
  )
  end.link(pair.worker, 'gate')
  for (const message of [
    { t: 'hello', version: linkVersion, role: 'gate', name: 'gate' },
    { t: 'read', call: 1, sink: 1, ranges: [{ ...partition, from: 0n, to: 20n }] },
    { t: 'more', call: 1 },
  ])
    pair.gate.write(makeFrame('message', writeMessage(message)))
  await eventually(() => kinds.includes('past'))
  // Twenty messages of a hundred bytes.
  await eventually(() => waits.length === 1)
  expect(waits).toEqual([2000])

  const client = here.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position: await positionAt(records, 1) })
  await eventually(() => waits.length === 2 && client.of('message').length === 19)
  expect(waits).toEqual([2000, 3900])
})
