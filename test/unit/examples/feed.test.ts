import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import avsc from 'avsc'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type FeedOptions, startFeed } from '../../../examples/buses/feed.ts'
import type { VehicleEntity } from '../../../examples/buses/fleet.ts'

async function watch(options: FeedOptions): Promise<{ message: () => Promise<VehicleEntity[]>; port: number }> {
  const feed = await startFeed({ port: 0, intervalMs: 20, ...options })
  onTestFinished(() => feed.stop())
  const socket = new WebSocket(feed.url)
  await once(socket, 'open')
  return {
    port: feed.port,
    async message() {
      const [data] = (await once(socket, 'message')) as [Buffer]
      return JSON.parse(data.toString()) as VehicleEntity[]
    },
  }
}

test('sends all vehicles at once, in the shape of GTFS-realtime and of the schema', async () => {
  const { message } = await watch({ now: () => Date.UTC(2026, 10, 21, 9) })
  const vehicles = await message()
  expect(vehicles.length).toBeGreaterThanOrEqual(150)
  expect(vehicles[0]).toEqual({
    id: '0101',
    vehicle: {
      trip: { tripId: expect.stringMatching(/^1-0101-\d+$/), startDate: '20261121', routeId: '1' },
      position: { latitude: expect.any(Number), longitude: expect.any(Number) },
      timestamp: '1795251600',
      vehicle: { id: '2000', label: '0101' },
    },
  })
  const schema = await readFile('schemas/transit.vehicle-positions-value.avsc', 'utf8')
  const asLong = vehicles.map(({ id, vehicle }) => ({
    id,
    vehicle: { ...vehicle, timestamp: Number(vehicle.timestamp) },
  }))
  const type = avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema)
  expect(type.isValid(asLong, { noUndeclaredFields: true })).toBe(true)
})

test('tells its figures to any page', async () => {
  const { message, port } = await watch({ vehicles: 200 })
  await message()
  const response = await fetch(`http://127.0.0.1:${port}/stats`)
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  const stats: unknown = await response.json()
  expect(stats).toMatchObject({ clients: 1, vehicles: expect.any(Number), bytes: expect.any(Number) })
})

test('stops with clients connected, and may be stopped twice', async () => {
  const feed = await startFeed({ port: 0, intervalMs: 20 })
  const socket = new WebSocket(feed.url)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await Promise.all([feed.stop(), feed.stop()])
  expect(await closed).toEqual([1006, expect.anything()])
})
