import type { Schema } from '#api'

/** A vehicle as a transit feed tells it. */
export const vehicle = {
  id: 'bus-1',
  vehicle: {
    trip: { routeId: '24' },
    position: { latitude: 43.5, longitude: -79.6 },
    stops: [{ name: 'Mall' }, { name: 'Quay' }],
    timestamp: 1_700_000_000,
  },
}

const struct = (fields: Readonly<Record<string, Schema>>, rest: Partial<Schema> = {}): Schema => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, schema]) => ({ name, schema })),
  ...rest,
})

export const vehicleSchema = struct(
  {
    id: { type: 'string' },
    vehicle: struct({
      trip: struct({ routeId: { type: 'string', optional: true } }, { optional: true }),
      position: struct({ latitude: { type: 'float64' }, longitude: { type: 'float64' } }),
      stops: { type: 'array', values: struct({ name: { type: 'string' } }) },
      timestamp: { type: 'int64' },
    }),
  },
  { name: 'transit.Vehicle' },
)
