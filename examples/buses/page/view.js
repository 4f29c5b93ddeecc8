// Where on the ground the map looks: a centre in metres and a scale, and how it glides from one to another.

const metresPerDegree = 111_320

/** @typedef {{ x: number, y: number }} Point metres east and north of the city's centre, or pixels */

/** @param {{ lat: number, long: number }} centre */
export function projectAround(centre) {
  const shrink = Math.cos((centre.lat * Math.PI) / 180)
  return (/** @type {number} */ lat, /** @type {number} */ long) => ({
    x: (long - centre.long) * metresPerDegree * shrink,
    y: (lat - centre.lat) * metresPerDegree,
  })
}

/** The way back: degrees of a point. @param {{ lat: number, long: number }} centre */
export function unprojectAround(centre) {
  const shrink = Math.cos((centre.lat * Math.PI) / 180)
  return (/** @type {Point} */ { x, y }) => ({
    lat: centre.lat + y / metresPerDegree,
    long: centre.long + x / (metresPerDegree * shrink),
  })
}

const minScale = 0.015
const maxScale = 3

const clamp = (/** @type {number} */ wanted) => Math.min(maxScale, Math.max(minScale, wanted))

/** The camera. `insets` are the pixels that cards cover at each side. */
export function createView() {
  let width = 1
  let height = 1
  let insets = { left: 0, right: 0, top: 0, bottom: 0 }
  let x = 0
  let y = 0
  let scale = 0.15
  /** @type {{ from: number[], to: number[], start: number, ms: number } | undefined} */
  let flight
  let version = 0

  const middle = () => ({
    x: (insets.left + width - insets.right) / 2,
    y: (insets.top + height - insets.bottom) / 2,
  })

  return {
    /** Changes whenever what is seen changes. */
    get version() {
      return version
    },
    get scale() {
      return scale
    },
    get flying() {
      return flight !== undefined
    },
    get size() {
      return { width, height }
    },
    resize(/** @type {number} */ w, /** @type {number} */ h, /** @type {typeof insets} */ covered) {
      width = w
      height = h
      insets = covered
      version++
    },
    toScreen(/** @type {Point} */ point) {
      const { x: mx, y: my } = middle()
      return { x: mx + (point.x - x) * scale, y: my - (point.y - y) * scale }
    },
    toGround(/** @type {Point} */ pixel) {
      const { x: mx, y: my } = middle()
      return { x: x + (pixel.x - mx) / scale, y: y - (pixel.y - my) / scale }
    },
    panBy(/** @type {number} */ dx, /** @type {number} */ dy) {
      flight = undefined
      x -= dx / scale
      y += dy / scale
      version++
    },
    /** Keeps the ground under the pixel where it is. */
    zoomAt(/** @type {Point} */ pixel, /** @type {number} */ factor) {
      flight = undefined
      const before = this.toGround(pixel)
      scale = clamp(scale * factor)
      const after = this.toGround(pixel)
      x += before.x - after.x
      y += before.y - after.y
      version++
    },
    middle,
    /** What shows a box of the ground whole. */
    fit(/** @type {{ west: number, east: number, south: number, north: number }} */ box) {
      const w = Math.max(1, width - insets.left - insets.right - 40)
      const h = Math.max(1, height - insets.top - insets.bottom - 40)
      return {
        x: (box.west + box.east) / 2,
        y: (box.south + box.north) / 2,
        scale: clamp(Math.min(w / (box.east - box.west), h / (box.north - box.south))),
      }
    },
    flyTo(/** @type {{ x: number, y: number, scale?: number }} */ target, ms = 650) {
      if (ms === 0) {
        x = target.x
        y = target.y
        scale = clamp(target.scale ?? scale)
        flight = undefined
        version++
        return
      }
      const to = [target.x, target.y, Math.log(clamp(target.scale ?? scale))]
      flight = { from: [x, y, Math.log(scale)], to, start: performance.now(), ms }
    },
    /** Called for each frame. */
    advance(/** @type {number} */ now) {
      if (!flight) return
      const { from, to, start, ms } = flight
      const t = Math.min(1, Math.max(0, (now - start) / ms))
      const eased = 1 - (1 - t) ** 3
      x = from[0] + (to[0] - from[0]) * eased
      y = from[1] + (to[1] - from[1]) * eased
      scale = Math.exp(from[2] + (to[2] - from[2]) * eased)
      version++
      if (t === 1) flight = undefined
    },
  }
}
