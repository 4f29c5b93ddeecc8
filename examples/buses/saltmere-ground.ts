import { distance, type Point } from './geometry.ts'
import { bend, isBuildable, parks, river, riverAt, sea } from './saltmere-shape.ts'
import type { Ground, Street } from './town.ts'

const columns = 19
const rows = 13

export interface StreetNode extends Point {
  readonly roads: { readonly to: StreetNode; readonly rank: Street['rank'] }[]
}

export interface SaltmereGround extends Omit<Ground, 'places'> {
  /** The crossing nearest to a point of the grid that a bus can reach. */
  crossing(i: number, j: number): StreetNode
}

/** Streets, water and parks of the invented city. */
export function buildGround(): SaltmereGround {
  const nodes = new Map<string, StreetNode>()
  for (const i of range(columns)) {
    for (const j of range(rows)) {
      const point = bend(i, j)
      if (isBuildable(point)) nodes.set(`${i},${j}`, { ...point, roads: [] })
    }
  }
  const streets = [
    ...range(columns).flatMap((i) =>
      layStreet(
        rankOf(i),
        range(rows).map((j) => nodes.get(`${i},${j}`)),
      ),
    ),
    ...range(rows).flatMap((j) =>
      layStreet(
        rankOf(j),
        range(columns).map((i) => nodes.get(`${i},${j}`)),
      ),
    ),
  ]
  const reachable = largestPart([...nodes.values()])
  return {
    streets,
    water: [sea(), river()],
    parks: parks(),
    crossing(i, j) {
      const wanted = bend(i, j)
      return reachable.reduce((best, node) => (distance(node, wanted) < distance(best, wanted) ? node : best))
    },
  }
}

const range = (limit: number): number[] => Array.from({ length: 2 * limit + 1 }, (_, index) => index - limit)

const rankOf = (line: number): Street['rank'] => (line % 4 === 0 ? 'road' : line % 2 === 0 ? 'street' : 'lane')

/** Joins the crossings of one line of the grid, of which some are missing; only roads have bridges. */
function layStreet(rank: Street['rank'], crossings: readonly (StreetNode | undefined)[]): Street[] {
  const streets: Street[] = []
  let run: StreetNode[] = []
  let missing = 0
  const flush = (): void => {
    if (run.length > 1) streets.push({ rank, points: run.map(toPoint) })
    run = []
  }
  for (const node of crossings) {
    if (!node) {
      missing++
      continue
    }
    const last = run.at(-1)
    if (last && overRiver(last, node)) {
      flush()
      if (rank === 'road' && distance(last, node) < 900) {
        join(last, node, 'bridge')
        streets.push({ rank: 'bridge', points: [last, node].map(toPoint) })
      }
    } else if (last && missing > 0) flush()
    else if (last) join(last, node, rank)
    run.push(node)
    missing = 0
  }
  flush()
  return streets
}

const toPoint = ({ x, y }: Point): Point => ({ x, y })

function join(a: StreetNode, b: StreetNode, rank: Street['rank']): void {
  a.roads.push({ to: b, rank })
  b.roads.push({ to: a, rank })
}

const overRiver = (a: Point, b: Point): boolean => Math.sign(a.x - riverAt(a.y).x) !== Math.sign(b.x - riverAt(b.y).x)

function largestPart(nodes: readonly StreetNode[]): StreetNode[] {
  const seen = new Set<StreetNode>()
  let largest: StreetNode[] = []
  for (const start of nodes) {
    if (seen.has(start)) continue
    const part = [start]
    seen.add(start)
    // The list grows while it is walked.
    for (const node of part) {
      for (const { to } of node.roads) {
        if (seen.has(to)) continue
        seen.add(to)
        part.push(to)
      }
    }
    if (part.length > largest.length) largest = part
  }
  return largest
}
