import { readFile } from 'node:fs/promises'
import { type LatLong, type Point, projectAround, round6 } from './geometry.ts'
import { type Route, routeColour, type Start, type Street, type Town } from './town.ts'

interface RecordedVehicle extends LatLong {
  readonly id: string
  readonly routeId: string
  readonly tripId: string
  readonly startDate: string
  readonly vehicleId: string
  readonly label: string
  /** Degrees clockwise from north. */
  readonly bearing: number
}

/**
 * A town made of a GTFS-realtime VehiclePositions file: its vehicles start where they were, and drive between the recorded
 * places of their route along two axes, as streets of a grid do. Throws when the file or the decoder cannot be had.
 */
export async function loadRecordedTown(file: string): Promise<Town> {
  const vehicles = await decode(file)
  if (vehicles.length === 0) throw new Error(`${file} holds no vehicle that has an id, a route and a position.`)
  const centre = { lat: middle(vehicles.map(({ lat }) => lat)), long: middle(vehicles.map(({ long }) => long)) }
  const { toPoint } = projectAround(centre)
  const byRoute = new Map<string, RecordedVehicle[]>()
  for (const vehicle of vehicles) byRoute.set(vehicle.routeId, [...(byRoute.get(vehicle.routeId) ?? []), vehicle])
  const tilt = axisOf(vehicles)
  const routes: Route[] = []
  const starts: Start[] = []
  const ids = [...byRoute.keys()].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  ids.forEach((routeId, index) => {
    const onRoute = byRoute.get(routeId) ?? []
    const { points, along } = driveBetween(
      onRoute.map((vehicle) => ({ vehicle, at: toPoint(vehicle) })),
      tilt,
    )
    routes.push({ id: routeId, name: `Route ${routeId}`, colour: routeColour(index, ids.length), points })
    for (const { id, vehicleId, label, tripId, startDate, bearing } of onRoute)
      starts.push({
        id,
        vehicleId,
        label,
        tripId,
        startDate,
        routeId,
        along: along.get(id) ?? 0,
        forward: bearing < 180,
      })
  })
  const streets = routes.map(({ points }): Street => ({ rank: 'street', points }))
  return {
    name: 'Recorded feed',
    centre,
    routes,
    starts,
    ground: { streets, water: [], parks: [], places: [] },
    aside: 0,
  }
}

async function decode(file: string): Promise<RecordedVehicle[]> {
  const bindings = await import('gtfs-realtime-bindings').catch((cause: unknown) => {
    throw new Error('A recorded feed needs the package "gtfs-realtime-bindings": npm install gtfs-realtime-bindings.', {
      cause,
    })
  })
  const { entity } = bindings.default.transit_realtime.FeedMessage.decode(await readFile(file))
  return entity.flatMap(({ id, vehicle }) => {
    const { trip, position } = vehicle ?? {}
    if (!trip?.routeId || !position) return []
    return [
      {
        id,
        routeId: trip.routeId,
        tripId: trip.tripId ?? '',
        startDate: trip.startDate ?? '',
        vehicleId: vehicle?.vehicle?.id ?? id,
        label: vehicle?.vehicle?.label ?? id,
        lat: round6(position.latitude),
        long: round6(position.longitude),
        bearing: position.bearing ?? 0,
      },
    ]
  })
}

const middle = (numbers: readonly number[]): number => (Math.min(...numbers) + Math.max(...numbers)) / 2

/** The direction (radians, modulo a right angle) in which most vehicles head: that of the town's streets. */
function axisOf(vehicles: readonly RecordedVehicle[]): number {
  const angles = vehicles.map(({ bearing }) => (bearing * Math.PI) / 180)
  const sum = (part: (angle: number) => number): number => angles.reduce((total, angle) => total + part(angle * 4), 0)
  return Math.atan2(sum(Math.sin), sum(Math.cos)) / 4
}

const turn = ({ x, y }: Point, angle: number): Point => ({
  x: x * Math.cos(angle) - y * Math.sin(angle),
  y: x * Math.sin(angle) + y * Math.cos(angle),
})

interface Placed {
  readonly vehicle: RecordedVehicle
  readonly at: Point
}

/** A line through all the places, in the order in which they lie along the line's longer extent; and where on it each is. */
function driveBetween(
  placed: readonly Placed[],
  tilt: number,
): { readonly points: Point[]; readonly along: Map<string, number> } {
  const turned = placed.map(({ vehicle, at }) => ({ vehicle, at: turn(at, tilt) }))
  const extent = (part: (point: Point) => number): number =>
    Math.max(...turned.map(({ at }) => part(at))) - Math.min(...turned.map(({ at }) => part(at)))
  const wide = extent(({ x }) => x) >= extent(({ y }) => y)
  const ordered = turned.toSorted((a, b) => (wide ? a.at.x - b.at.x : a.at.y - b.at.y))
  const first = ordered[0]?.at ?? { x: 0, y: 0 }
  const last = ordered.at(-1)?.at ?? first
  // A way out beyond the first and the last, so that a lone bus can drive too.
  const line: Point[] = [wide ? { x: first.x - 700, y: first.y } : { x: first.x, y: first.y - 700 }]
  const along = new Map<string, number>()
  let length = 0
  const add = (point: Point): void => {
    const from = line.at(-1) ?? point
    length += Math.hypot(point.x - from.x, point.y - from.y)
    line.push(point)
  }
  for (const { vehicle, at } of ordered) {
    const from = line.at(-1) ?? at
    if (Math.abs(at.x - from.x) > 1 && Math.abs(at.y - from.y) > 1)
      add(wide ? { x: at.x, y: from.y } : { x: from.x, y: at.y })
    add(at)
    along.set(vehicle.id, length)
  }
  add(wide ? { x: last.x + 700, y: last.y } : { x: last.x, y: last.y + 700 })
  return { points: line.map((point) => turn(point, -tilt)), along }
}
