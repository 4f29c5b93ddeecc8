import { expect, test } from 'vitest'
import { createFleet } from '../../../examples/buses/fleet.ts'
import { distance, type Point, projectAround } from '../../../examples/buses/geometry.ts'
import { loadTown } from '../../../examples/buses/load-town.ts'
import type { Town } from '../../../examples/buses/town.ts'

const places = (town: Town, fleet: ReturnType<typeof createFleet>): Map<string, Point> => {
  const { toPoint } = projectAround(town.centre)
  return new Map(
    fleet
      .report(0)
      .map(({ id, vehicle: { position } }) => [id, toPoint({ lat: position.latitude, long: position.longitude })]),
  )
}

test('buses move as buses do: most of them, and none faster than a street allows', async () => {
  const town = await loadTown()
  const fleet = createFleet(town, 1)
  let before = places(town, fleet)
  let moved = 0
  for (let second = 0; second < 120; second++) {
    fleet.drive(1)
    const now = places(town, fleet)
    for (const [id, at] of now) {
      const from = before.get(id)
      const metres = from ? distance(from, at) : 0
      // A bus that turns at its terminal changes the side of the street.
      expect(metres).toBeLessThan(20)
      if (metres > 2) moved++
    }
    before = now
  }
  expect(moved / (120 * town.starts.length)).toBeGreaterThan(0.5)
})

test('some fall silent for longer than a snapshot remembers, come back, and never too many at once', async () => {
  const fleet = createFleet(await loadTown(), 1)
  const silentFor = new Map<string, number>()
  const silences: number[] = []
  const all = new Set(fleet.report(0).map(({ id }) => id))
  expect(all.size).toBe(160)
  for (let second = 0; second < 600; second++) {
    fleet.drive(1)
    const reporting = new Set(fleet.report(0).map(({ id }) => id))
    expect(reporting.size).toBeGreaterThanOrEqual(150)
    for (const id of all) {
      const silent = silentFor.get(id) ?? 0
      if (reporting.has(id) && silent > 0) silences.push(silent)
      silentFor.set(id, reporting.has(id) ? 0 : silent + 1)
    }
  }
  expect(silences.length).toBeGreaterThan(20)
  expect(Math.min(...silences)).toBeGreaterThan(15)
})

const drive = async (seed: number): Promise<unknown> => {
  const fleet = createFleet(await loadTown({ seed }), seed)
  for (let second = 0; second < 50; second++) fleet.drive(1)
  return fleet.report(0)
}

test('the same seed gives the same drive', async () => {
  expect(await drive(7)).toEqual(await drive(7))
  expect(await drive(7)).not.toEqual(await drive(8))
})

test.each([1, 40, 160, 1000])(
  'a city of %i buses has that many, each on a route of its own number',
  async (vehicles) => {
    const { starts, routes } = await loadTown({ vehicles })
    expect(starts).toHaveLength(vehicles)
    expect(new Set(starts.map(({ id }) => id)).size).toBe(vehicles)
    expect(routes.length).toBeGreaterThanOrEqual(12)
  },
)
