/** Metres east and north of a town's centre. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface LatLong {
  readonly lat: number
  readonly long: number
}

export interface Projection {
  readonly toPoint: (place: LatLong) => Point
  /** Rounded to six decimals, a tenth of a metre. */
  readonly toLatLong: (point: Point) => LatLong
}

const metresPerDegree = 111_320

/** Flat ground around a centre: good enough for a town. */
export function projectAround(centre: LatLong): Projection {
  const shrink = Math.cos((centre.lat * Math.PI) / 180)
  return {
    toPoint: ({ lat, long }) => ({
      x: (long - centre.long) * metresPerDegree * shrink,
      y: (lat - centre.lat) * metresPerDegree,
    }),
    toLatLong: ({ x, y }) => ({
      lat: round6(centre.lat + y / metresPerDegree),
      long: round6(centre.long + x / (metresPerDegree * shrink)),
    }),
  }
}

export const round6 = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

export const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y)

const between = (a: Point, b: Point, share: number): Point => ({
  x: a.x + (b.x - a.x) * share,
  y: a.y + (b.y - a.y) * share,
})

/** A polyline that can be asked where one is after so many metres. */
export interface Path {
  readonly length: number
  /** The point `along` metres from the start, `aside` metres to the right of it. */
  at(along: number, aside?: number): Point
}

export function createPath(points: readonly Point[]): Path {
  const ends: number[] = []
  let length = 0
  points.forEach((point, index) => {
    length += distance(points[index - 1] ?? point, point)
    ends.push(length)
  })
  return {
    length,
    at(along, aside = 0) {
      const found = ends.findIndex((end) => end >= along)
      const index = Math.max(1, found === -1 ? points.length - 1 : found)
      const a = points[index - 1] ?? { x: 0, y: 0 }
      const b = points[index] ?? a
      const span = distance(a, b) || 1
      const { x, y } = between(a, b, Math.min(1, Math.max(0, (along - (ends[index - 1] ?? 0)) / span)))
      return { x: x + ((b.y - a.y) / span) * aside, y: y - ((b.x - a.x) / span) * aside }
    },
  }
}

/** Rounds the corners of a polyline, cutting at most `radius` metres before and after each. */
export function roundCorners(points: readonly Point[], radius: number): Point[] {
  return points.flatMap((corner, index) => {
    const before = points[index - 1]
    const after = points[index + 1]
    if (!before || !after) return [corner]
    const enter = between(corner, before, Math.min(0.5, radius / distance(corner, before)))
    const leave = between(corner, after, Math.min(0.5, radius / distance(corner, after)))
    return [0, 0.25, 0.5, 0.75, 1].map((t) => between(between(enter, corner, t), between(corner, leave, t), t))
  })
}
