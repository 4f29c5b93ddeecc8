import { expect, onTestFinished, test, vi } from 'vitest'
import { runGate } from '../../conformance/transport.ts'

/** Reads the events of a stream until it is told to stop. */
async function openStream(url: string): Promise<{ readonly events: string[]; readonly status: number }> {
  const life = new AbortController()
  onTestFinished(() => life.abort())
  const response = await fetch(url, { signal: life.signal })
  const events: string[] = []
  const read = async (): Promise<void> => {
    let rest = ''
    for await (const piece of response.body ?? []) {
      const parts = (rest + Buffer.from(piece).toString()).split('\n\n')
      rest = parts.pop() ?? ''
      events.push(...parts)
    }
  }
  read().catch((error: unknown) => {
    if (!life.signal.aborted) throw error
  })
  return { events, status: response.status }
}

test('a stream of events has latest, batch and rates too, and tells positions in between', async () => {
  const { gateway, buses } = await runGate({ position: { intervalMs: 100 } })
  const latest = await openStream(`${gateway.address.url}/sse?channel=bus:1&delivery=latest&maxRate=20`)
  await vi.waitFor(() => expect(gateway.stats().subscriptions).toBe(1), 15_000)
  for (let n = 0; n < 10; n++) buses.record([{ channel: 'bus:1', key: 'a', data: n }])
  const ids = (): string[] => latest.events.filter((event) => /^id: [^\n]+\n?$/.test(event))
  await vi.waitFor(() => expect(ids()).toHaveLength(1), 15_000)
  const messages = latest.events.filter((event) => event.startsWith('data:'))
  expect(messages.at(-1)).toBe('data: {"channel":"bus:1","key":"a","data":9}')
  expect(messages.length).toBeLessThan(10)
  const batch = await openStream(`${gateway.address.url}/sse?channel=bus:1&delivery=batch&maxRate=5`)
  await vi.waitFor(() => expect(gateway.stats().subscriptions).toBe(2), 15_000)
  for (let n = 0; n < 3; n++) buses.record([{ channel: 'bus:1', key: 'a', data: n }])
  await vi.waitFor(() =>
    expect(batch.events).toContain(
      'event: batch\ndata: {"channel":"bus:1","key":"a","items":[{"data":0},{"data":1},{"data":2}]}',
    ),
  )
})

test.each([
  ['delivery=some', 'delivery'],
  ['maxRate=0', 'maxRate'],
  ['maxBandwidth=fast', 'maxBandwidth'],
  ['window=5', 'window'],
])('a stream of events with %s is refused', async (query, field) => {
  const { gateway } = await runGate()
  const response = await fetch(`${gateway.address.url}/sse?channel=bus:1&${query}`)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'bad_request', field })
})
