import avsc from 'avsc'
import { createVehicles, type Vehicle, vehicleSchema } from './vehicles.ts'

export const vehicleType = avsc.Type.forSchema(vehicleSchema as unknown as avsc.Schema, { wrapUnions: false })

/** The vehicle in Confluent's wire format. */
function encodeVehicle(schemaId: number, vehicle: Vehicle): Buffer {
  const header = Buffer.alloc(5)
  header.writeInt32BE(schemaId, 1)
  return Buffer.concat([header, vehicleType.toBuffer(vehicle)])
}

/** A source of encoded records: ten thousand different ones, again and again. */
export function createValues(seed: number, schemaId: number): () => { readonly key: string; readonly value: Buffer } {
  const next = createVehicles(seed)
  const pool = Array.from({ length: 10_000 }, () => {
    const vehicle = next()
    return { key: vehicle.id, value: encodeVehicle(schemaId, vehicle) }
  })
  const [first] = pool
  if (!first) throw new Error('There are no records.')
  let at = 0
  return () => pool[at++ % pool.length] ?? first
}
