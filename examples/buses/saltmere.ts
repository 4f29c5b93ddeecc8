import { createPath, distance, roundCorners } from './geometry.ts'
import { seededRandom } from './random.ts'
import { buildGround, type StreetNode } from './saltmere-ground.ts'
import { type Route, routeColour, type Start, type Town } from './town.ts'

/** Places of the city by their lines of the street grid. */
const places = {
  'Old Town': [0, 0],
  Harbour: [-1, -5],
  'Ferry Quay': [-8, -4],
  Northgate: [-2, 8],
  'Kiln Hill': [-9, 6],
  'Mill Fields': [8, 7],
  Eastfield: [14, 2],
  University: [6, 2],
  Infirmary: [-6, 1],
  'Rope Walk': [4, -4],
  Saltings: [-15, -2],
  Lanterns: [10, -4],
  Westmark: [-15, 4],
  'Orchard End': [2, 10],
  'Heron Wood': [14, 7],
  Stadium: [-10, -1],
  Gullhaven: [15, -5],
} as const satisfies Record<string, readonly [number, number]>

type Place = keyof typeof places

const lines: readonly (readonly Place[])[] = [
  ['Harbour', 'Old Town', 'Northgate'],
  ['Westmark', 'Infirmary', 'Old Town', 'University', 'Eastfield'],
  ['Ferry Quay', 'Harbour', 'Rope Walk', 'Lanterns', 'Gullhaven'],
  ['Kiln Hill', 'Infirmary', 'Harbour'],
  ['Saltings', 'Stadium', 'Old Town', 'Mill Fields'],
  ['Orchard End', 'University', 'Rope Walk'],
  ['Northgate', 'Mill Fields', 'Heron Wood'],
  ['Westmark', 'Kiln Hill', 'Northgate', 'Orchard End'],
  ['Saltings', 'Ferry Quay', 'Stadium', 'Westmark'],
  ['Gullhaven', 'Eastfield', 'Heron Wood'],
  ['Stadium', 'Infirmary', 'Kiln Hill', 'Northgate'],
  ['Lanterns', 'University', 'Mill Fields'],
  ['Ferry Quay', 'Old Town', 'Orchard End', 'Heron Wood'],
  ['Harbour', 'Stadium', 'Saltings'],
  ['Eastfield', 'Lanterns', 'Rope Walk', 'Old Town'],
]

/** Metres that a bus cuts a corner by. */
const cornerRadius = 28

/** Saltmere, a harbour city that nobody has found yet, with `vehicles` buses on its streets. */
export function buildSaltmere({ vehicles, seed }: { readonly vehicles: number; readonly seed: number }): Town {
  const named = Object.entries(places).map(([name, [i, j]]) => ({ name, i, j }))
  const ground = buildGround()
  const at = (place: Place): StreetNode => ground.crossing(places[place][0], places[place][1])
  // A street that has a line already is less attractive to the next: so lines spread over the city.
  const used = new Map<StreetNode, number>()
  const routes = lines.map((stops, index): Route => {
    const points = stops
      .slice(1)
      .flatMap((stop, leg) => shortestWay(at(stops[leg] ?? stop), at(stop), used).slice(leg === 0 ? 0 : 1))
    for (const node of points) used.set(node, (used.get(node) ?? 0) + 1)
    const name = `${stops[0]} – ${stops.at(-1)}`
    const colour = routeColour((index * 4) % lines.length, lines.length)
    return { id: String(index + 1), name, colour, points: roundCorners(points, cornerRadius) }
  })
  return {
    name: 'Saltmere',
    centre: { lat: 54.86, long: 3.42 },
    routes,
    starts: placeBuses(routes, vehicles, seededRandom(seed)),
    ground: {
      ...ground,
      places: [
        ...named.map(({ name, i, j }) => ({ name, kind: 'district' as const, at: ground.crossing(i, j) })),
        { name: 'Saltmere Bay', kind: 'water', at: { x: -1900, y: -2450 } },
        { name: 'Mere', kind: 'water', at: { x: 760, y: 560 } },
      ],
    },
    aside: 5,
  }
}

/** Long routes get more buses; those of a route are spread over it with some disorder. */
function placeBuses(routes: readonly Route[], vehicles: number, random: () => number): Start[] {
  const lengths = routes.map(({ points }) => createPath(points).length)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  let before = 0
  return routes.flatMap((route, index) => {
    const length = lengths[index] ?? 0
    const first = Math.round((vehicles * before) / total)
    before += length
    const count = Math.round((vehicles * before) / total) - first
    return Array.from({ length: count }, (_, nth): Start => {
      const id = `${route.id.padStart(2, '0')}${String(nth + 1).padStart(2, '0')}`
      const along = ((nth + 0.15 + 0.7 * random()) / count) * length
      return { id, vehicleId: String(2000 + first + nth), label: id, routeId: route.id, along, forward: random() < 0.5 }
    })
  })
}

const costs = { road: 1, bridge: 1, street: 1.5, lane: 2.6 } as const

/** Dijkstra over the street grid; buses like roads better than lanes. */
function shortestWay(from: StreetNode, to: StreetNode, used: ReadonlyMap<StreetNode, number>): StreetNode[] {
  const cost = new Map<StreetNode, number>([[from, 0]])
  const previous = new Map<StreetNode, StreetNode>()
  const open = new Set([from])
  while (open.size > 0) {
    const node = [...open].reduce((best, other) => ((cost.get(other) ?? 0) < (cost.get(best) ?? 0) ? other : best))
    if (node === to) break
    open.delete(node)
    for (const { to: next, rank } of node.roads) {
      const through = (cost.get(node) ?? 0) + distance(node, next) * costs[rank] * (1 + 0.45 * (used.get(next) ?? 0))
      if (through >= (cost.get(next) ?? Number.POSITIVE_INFINITY)) continue
      cost.set(next, through)
      previous.set(next, node)
      open.add(next)
    }
  }
  const way: StreetNode[] = []
  for (let node: StreetNode | undefined = to; node; node = previous.get(node)) way.unshift(node)
  return way
}
