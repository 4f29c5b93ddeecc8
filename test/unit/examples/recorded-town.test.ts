import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createFleet } from '../../../examples/buses/fleet.ts'
import { loadTown } from '../../../examples/buses/load-town.ts'

const recorded = '../shared/data/miway-vehicle-positions-2024-10-05.pb'
const there = existsSync(recorded)
if (!there) process.stderr.write(`Skipped: the recorded feed ${recorded} is not there.\n`)

// The recorded feed lies beside the checkout, not in it; where it is absent a line says so.
test.skipIf(!there)('starts from the vehicles of a recorded feed, and drives them', async () => {
  const town = await loadTown({ recorded })
  const fleet = createFleet(town, 1)
  const first = fleet.report(1_728_169_927_000)
  expect(first).toHaveLength(139)
  expect(first.find(({ id }) => id === '1003')).toEqual({
    id: '1003',
    vehicle: {
      trip: { tripId: '26997328', startDate: '20241005', routeId: '1' },
      position: { latitude: 43.54298, longitude: -79.683113 },
      timestamp: '1728169927',
      vehicle: { id: '2103', label: '1003' },
    },
  })
  for (let second = 0; second < 10; second++) fleet.drive(1)
  const later = new Map(fleet.report(0).map(({ id, vehicle }) => [id, vehicle.position]))
  const moved = first.filter(({ id, vehicle }) => later.get(id)?.latitude !== vehicle.position.latitude)
  expect(moved.length).toBeGreaterThan(100)
})

test('says which file cannot be read', async () => {
  await expect(loadTown({ recorded: 'no-such-feed.pb' })).rejects.toThrow('no-such-feed.pb')
})
