import { type LatLong, type Point, projectAround } from './geometry.ts'

export interface Route {
  readonly id: string
  readonly name: string
  readonly colour: string
  readonly points: readonly Point[]
}

/** Where a vehicle is when the feed starts. */
export interface Start {
  readonly id: string
  readonly vehicleId: string
  readonly label: string
  readonly routeId: string
  /** Metres from the start of the route. */
  readonly along: number
  readonly forward: boolean
  /** Of its first trip; made up when absent. */
  readonly tripId?: string
  readonly startDate?: string
}

export interface Street {
  readonly rank: 'road' | 'street' | 'lane' | 'bridge'
  readonly points: readonly Point[]
}

/** What a map shows beneath the buses. */
export interface Ground {
  readonly streets: readonly Street[]
  readonly water: readonly (readonly Point[])[]
  readonly parks: readonly (readonly Point[])[]
  readonly places: readonly { readonly name: string; readonly kind: 'district' | 'water'; readonly at: Point }[]
}

export interface Town {
  readonly name: string
  readonly centre: LatLong
  readonly routes: readonly Route[]
  readonly starts: readonly Start[]
  readonly ground: Ground
  /** Metres that vehicles keep to the right of their route's line. */
  readonly aside: number
}

type Line = readonly (readonly [lat: number, long: number])[]

/** `city.json`: what the page knows beforehand, as a real one would from a timetable and a map. */
export interface CityFile {
  readonly name: string
  readonly centre: LatLong
  /** The corners that hold all routes. */
  readonly bounds: { readonly south: number; readonly west: number; readonly north: number; readonly east: number }
  readonly routes: readonly {
    readonly id: string
    readonly name: string
    readonly colour: string
    readonly line: Line
    readonly vehicles: readonly string[]
  }[]
  readonly streets: readonly { readonly rank: Street['rank']; readonly line: Line }[]
  readonly water: readonly Line[]
  readonly parks: readonly Line[]
  readonly places: readonly {
    readonly name: string
    readonly kind: string
    readonly lat: number
    readonly long: number
  }[]
}

export function toCityFile({ name, centre, routes, starts, ground }: Town): CityFile {
  const { toLatLong } = projectAround(centre)
  const toLine = (points: readonly Point[]): Line =>
    points.map((point) => {
      const { lat, long } = toLatLong(point)
      return [lat, long]
    })
  const all = routes.flatMap(({ points }) => points.map((point) => toLatLong(point)))
  const lats = all.map(({ lat }) => lat)
  const longs = all.map(({ long }) => long)
  return {
    name,
    centre,
    bounds: {
      south: Math.min(...lats),
      west: Math.min(...longs),
      north: Math.max(...lats),
      east: Math.max(...longs),
    },
    routes: routes.map((route) => ({
      id: route.id,
      name: route.name,
      colour: route.colour,
      line: toLine(route.points),
      vehicles: starts.filter(({ routeId }) => routeId === route.id).map(({ id }) => id),
    })),
    streets: ground.streets.map(({ rank, points }) => ({ rank, line: toLine(points) })),
    water: ground.water.map(toLine),
    parks: ground.parks.map(toLine),
    places: ground.places.map(({ name: place, kind, at }) => ({ name: place, kind, ...toLatLong(at) })),
  }
}

/** A colour for each of `count` routes, as far apart as may be and equally light. */
export const routeColour = (index: number, count: number): string =>
  `oklch(0.78 0.13 ${Math.round((index * 360) / count + 20) % 360})`
