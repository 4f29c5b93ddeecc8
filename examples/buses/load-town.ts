import { loadRecordedTown } from './recorded-town.ts'
import { buildSaltmere } from './saltmere.ts'
import type { Town } from './town.ts'

export interface TownOptions {
  /** How many buses the invented city has. Default: 160. */
  readonly vehicles?: number | undefined
  readonly seed?: number | undefined
  /** A GTFS-realtime protobuf file to start from instead of the invented city. */
  readonly recorded?: string | undefined
}

/** The town that feed and page agree on when they are given the same options. */
export const loadTown = async ({ vehicles = 160, seed = 1, recorded }: TownOptions = {}): Promise<Town> =>
  recorded === undefined ? buildSaltmere({ vehicles, seed }) : loadRecordedTown(recorded)
