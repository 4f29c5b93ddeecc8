import { isDeepStrictEqual } from 'node:util'
import avsc from 'avsc'
import type { VehicleEntity } from '../../examples/buses/fleet.ts'
import { schemaOf } from './buses-example.ts'
import { readAll } from './topics.ts'

export type Place = readonly [id: string, lat: number | undefined, long: number | undefined]

/** Where the topic says that buses were: its records in their order, split and projected without any code of the worker's. */
export async function placesIn(topic: string): Promise<readonly Place[]> {
  const records = (await decodeAll(topic, 'transit.vehicle-positions')) as VehicleEntity[][]
  return records.flat().map(({ id, vehicle: { position } }): Place => [id, position.latitude, position.longitude])
}

export const reportsIn = (topic: string): Promise<readonly unknown[]> => decodeAll(topic, 'transit.rider-reports')

/** What the topic holds from the first place received to the last; throws when the ten at either end are not in it. */
export function between(topic: readonly Place[], received: readonly Place[]): readonly Place[] {
  const find = (run: readonly Place[]): number => {
    const found = topic.findIndex((_, index) => isDeepStrictEqual(topic.slice(index, index + run.length), run))
    if (found === -1) throw new Error(`The topic does not hold this in a row: ${JSON.stringify(run)}`)
    return found
  }
  return topic.slice(find(received.slice(0, 10)), find(received.slice(-10)) + 10)
}

export function byBus(places: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
  const buses = new Map<string, Place[]>()
  for (const place of places) {
    const known = buses.get(place[0])
    if (known) known.push(place)
    else buses.set(place[0], [place])
  }
  return buses
}

/** A line for each bus of which not exactly what the topic holds was received. */
export function differing(received: readonly Place[], held: readonly Place[]): readonly string[] {
  const [here, there] = [byBus(received), byBus(held)]
  return [...new Set([...here.keys(), ...there.keys()])]
    .filter((id) => !isDeepStrictEqual(here.get(id), there.get(id)))
    .map((id) => `${id}: received ${here.get(id)?.length ?? 0}, in the topic ${there.get(id)?.length ?? 0}`)
}

async function decodeAll(topic: string, schema: string): Promise<readonly unknown[]> {
  const type = avsc.Type.forSchema((await schemaOf(schema)) as avsc.Schema)
  const records = await readAll(topic)
  // The value stands behind the byte 0 and four bytes of schema id.
  return records.map(({ value }) => type.fromBuffer((value ?? Buffer.alloc(5)).subarray(5)) as unknown)
}
