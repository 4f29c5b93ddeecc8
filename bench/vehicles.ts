/** A number in [0, 1) at each call, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const text = (...names: readonly string[]) => names.map((name) => ({ name, type: 'string' }))

const statuses = ['INCOMING_AT', 'STOPPED_AT', 'IN_TRANSIT_TO'] as const

/** Seventeen fields; about 200 bytes with the header of five. */
export const vehicleSchema = {
  type: 'record',
  name: 'VehiclePosition',
  namespace: 'bench',
  fields: [
    ...text('id', 'label', 'licensePlate', 'tripId', 'startDate', 'startTime', 'routeId', 'stopId', 'agencyId'),
    { name: 'directionId', type: 'int' },
    { name: 'latitude', type: 'double' },
    { name: 'longitude', type: 'double' },
    { name: 'bearing', type: 'float' },
    { name: 'speed', type: 'float' },
    { name: 'odometer', type: ['null', 'double'] },
    { name: 'status', type: { type: 'enum', name: 'Status', symbols: statuses } },
    { name: 'timestamp', type: 'long' },
  ],
} as const

export type Vehicle = Readonly<Record<string, string | number>> & { readonly id: string }

/** What the sinks make of a record: new names and where they are found. */
export const projection = { id: 'id', lat: 'latitude', long: 'longitude' } as const

export function createVehicles(seed: number): () => Vehicle {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const padded = (value: number, length: number) => String(value).padStart(length, '0')
  return () => {
    const bus = below(1500)
    const route = below(120)
    return {
      id: `bus-${padded(bus, 5)}`,
      label: `Line ${route} towards harbour ${padded(below(30), 2)} by the quay`,
      licensePlate: `TG-${padded(bus * 7, 6)}`,
      tripId: `trip-2026-${padded(route, 4)}-${padded(below(1_000_000), 8)}-weekday`,
      startDate: '20261121',
      startTime: `${padded(4 + below(20), 2)}:${padded(below(60), 2)}:00`,
      routeId: `route-${padded(route, 4)}`,
      stopId: `stop-${padded(below(4000), 6)}`,
      agencyId: 'saltmere-transit',
      directionId: below(2),
      latitude: 50 + random(),
      longitude: 4 + random(),
      bearing: below(360),
      speed: below(25),
      odometer: below(400_000_000) / 10,
      status: statuses[below(statuses.length)] ?? 'STOPPED_AT',
      timestamp: 1_763_700_000_000 + below(86_400_000),
    }
  }
}
