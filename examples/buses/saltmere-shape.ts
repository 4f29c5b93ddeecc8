import type { Point } from './geometry.ts'

/** Metres between two lines of the street grid. */
const spacing = 200

/** A grid that was bent by hills and centuries. */
export const bend = (i: number, j: number): Point => {
  const x = i * spacing
  const y = j * spacing
  const turn = -0.13
  const u = x + 130 * Math.sin(y / 870 + 0.7) + 55 * Math.sin(x / 610 + y / 1300)
  const v = y + 150 * Math.sin(x / 1150 - 0.4) + 45 * Math.sin(y / 520 + x / 900)
  return { x: u * Math.cos(turn) - v * Math.sin(turn), y: u * Math.sin(turn) + v * Math.cos(turn) }
}

const coastAt = (x: number): number =>
  -1750 + 420 * Math.sin(x / 1500 + 0.9) + 160 * Math.sin(x / 540) - 700 * Math.exp(-(((x - 2300) / 900) ** 2))

/** The middle of the river at a height. */
export const riverAt = (y: number): Point => ({ x: 620 + 0.34 * y + 330 * Math.sin(y / 980 + 0.5), y })
const riverWidth = (y: number): number => 62 + 95 * Math.exp(-(y + 1900) / 900)

const parkCentres: readonly { readonly at: Point; readonly a: number; readonly b: number }[] = [
  { at: { x: -1150, y: 830 }, a: 430, b: 290 },
  { at: { x: 2050, y: 560 }, a: 330, b: 430 },
  { at: { x: -2700, y: -520 }, a: 330, b: 260 },
  { at: { x: 240, y: -640 }, a: 190, b: 150 },
  { at: { x: 1180, y: 1880 }, a: 380, b: 250 },
]

/** Whether streets may be at a point of the ground. */
export const isBuildable = (point: Point): boolean =>
  !inSea(point) && !inRiver(point) && !inPark(point) && !isOutside(point)

const inPark = ({ x, y }: Point): boolean =>
  parkCentres.some(({ at, a, b }) => ((x - at.x) / a) ** 2 + ((y - at.y) / b) ** 2 < 0.92)
const inSea = ({ x, y }: Point): boolean => y < coastAt(x) + 60
const inRiver = ({ x, y }: Point): boolean => Math.abs(x - riverAt(y).x) < riverWidth(y) + 15
const isOutside = ({ x, y }: Point): boolean => {
  const angle = Math.atan2(y, x)
  const reach = 1 + 0.1 * Math.sin(angle * 3 + 1) + 0.07 * Math.sin(angle * 7)
  return (x / 3650) ** 2 + (y / 2350) ** 2 > reach
}

export function sea(): Point[] {
  const xs = Array.from({ length: 91 }, (_, index) => -9000 + index * 200)
  return [...xs.map((x) => ({ x, y: coastAt(x) })), { x: 9000, y: -9000 }, { x: -9000, y: -9000 }]
}

export function river(): Point[] {
  const ys = Array.from({ length: 61 }, (_, index) => -2300 + index * 150)
  return [...ys.map((y) => bank(y, -1)), ...ys.toReversed().map((y) => bank(y, 1))]
}

const bank = (y: number, side: 1 | -1): Point => ({ x: riverAt(y).x + side * riverWidth(y), y })

export const parks = (): Point[][] => parkCentres.map(ellipse)

const ellipse = ({ at, a, b }: (typeof parkCentres)[number]): Point[] =>
  Array.from({ length: 36 }, (_, index) => {
    const angle = (index * Math.PI) / 18
    const wobble = 1 + 0.06 * Math.sin(angle * 3 + a) + 0.04 * Math.sin(angle * 5)
    return { x: at.x + a * wobble * Math.cos(angle), y: at.y + b * wobble * Math.sin(angle) }
  })
