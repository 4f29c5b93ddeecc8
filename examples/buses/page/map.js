// The canvas: draws ground, buses and pins, and turns pointers, wheel and keys into movements of the view.

import { createGround } from './ground.js'
import { createView, projectAround, unprojectAround } from './view.js'

/** Thirty frames a second are smooth for buses and leave the machine in peace. */
const frameMs = 1000 / 31
/** Pixels beyond the edges that are asked for too, so that buses drive in. */
const margin = 30

/**
 * @param {{ canvas: HTMLCanvasElement, city: any, buses: any, insets: () => any, colourOf: (bus: any) => string,
 *   onPick: (id: string | undefined) => void, pins: () => any[] }} parts
 */
export function createMap({ canvas, city, buses, insets, colourOf, onPick, pins }) {
  const project = projectAround(city.centre)
  const unproject = unprojectAround(city.centre)
  const ground = createGround(city, project)
  const view = createView()
  const context = canvas.getContext('2d')
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  let ratio = 1
  let last = 0
  let touchedAt = Number.NEGATIVE_INFINITY
  /** @type {{ bus?: string, route?: string }} */
  let followed = {}
  let hovered
  /** The scale that shows the whole city: sizes are relative to it. */
  let wholeScale = 0.12

  const southWest = project(city.bounds.south, city.bounds.west)
  const northEast = project(city.bounds.north, city.bounds.east)
  const whole = () => view.fit({ west: southWest.x, east: northEast.x, south: southWest.y, north: northEast.y })
  const flightMs = () => (calm.matches ? 0 : 650)

  function resize() {
    ratio = Math.min(2, devicePixelRatio || 1)
    canvas.width = innerWidth * ratio
    canvas.height = innerHeight * ratio
    view.resize(innerWidth, innerHeight, insets())
    wholeScale = whole().scale
  }

  function frame(now) {
    requestAnimationFrame(frame)
    if (now - last < frameMs - 4) return
    const seconds = Math.min(0.2, (now - last) / 1000)
    last = now
    view.advance(now)
    const followedBus = followed.bus === undefined ? undefined : buses.get(followed.bus)
    if (followedBus && !view.flying && now - touchedAt > 6000) keepInSight(followedBus)
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.drawImage(ground.picture(view, ratio, followed.route), 0, 0)
    context.scale(ratio, ratio)
    const drawn = [...buses.frame(now, seconds)]
    for (const bus of drawn) drawTrail(bus)
    for (const pin of pins()) drawPin(pin, now)
    for (const bus of drawn) drawBus(bus, now)
    for (const bus of drawn) drawLabel(bus)
    context.globalAlpha = 1
  }

  function keepInSight(bus) {
    const { x, y } = view.toScreen(bus.at)
    const middle = view.middle()
    if (Math.hypot(x - middle.x, y - middle.y) > 90) view.flyTo(bus.at, flightMs() * 2)
  }

  const sizeOf = () => Math.min(11, Math.max(3.7, 4.4 + Math.log2(view.scale / wholeScale) * 1.7))
  const isChosen = (bus) => bus.id === followed.bus || bus.id === hovered

  function drawTrail(bus) {
    const chosen = bus.id === followed.bus
    const points = chosen ? bus.trail : bus.trail.slice(-6)
    if (points.length < 2) return
    context.globalAlpha = bus.opacity * (chosen ? 0.8 : 0.4)
    context.beginPath()
    // The last point is where it is going; it has come as far as `at`.
    for (const [index, point] of [...points.slice(0, -1), bus.at].entries()) {
      const { x, y } = view.toScreen(point)
      if (index === 0) context.moveTo(x, y)
      else context.lineTo(x, y)
    }
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.lineWidth = sizeOf() * (chosen ? 0.55 : 0.45)
    context.strokeStyle = colourOf(bus)
    context.stroke()
  }

  function drawBus(bus, now) {
    const { x, y } = view.toScreen(bus.at)
    const size = sizeOf() * (isChosen(bus) ? 1.35 : 1)
    context.globalAlpha = bus.opacity
    if (bus.id === followed.bus) {
      const beat = calm.matches ? 0.4 : (now % 1600) / 1600
      context.beginPath()
      context.arc(x, y, size * (1.6 + beat * 1.8), 0, Math.PI * 2)
      context.strokeStyle = colourOf(bus)
      context.globalAlpha = bus.opacity * (1 - beat) * 0.8
      context.lineWidth = 2
      context.stroke()
      context.globalAlpha = bus.opacity
    }
    context.save()
    context.translate(x, y)
    context.beginPath()
    if (bus.shown === undefined) {
      context.arc(0, 0, size * 0.78, 0, Math.PI * 2)
    } else {
      context.rotate(bus.shown)
      const w = size * 0.66
      context.moveTo(0, -size * 1.45)
      context.quadraticCurveTo(w, -size * 0.75, w, -size * 0.2)
      context.lineTo(w, size * 0.8)
      context.quadraticCurveTo(w, size * 1.1, w * 0.6, size * 1.1)
      context.lineTo(-w * 0.6, size * 1.1)
      context.quadraticCurveTo(-w, size * 1.1, -w, size * 0.8)
      context.lineTo(-w, -size * 0.2)
      context.quadraticCurveTo(-w, -size * 0.75, 0, -size * 1.45)
    }
    context.closePath()
    context.lineWidth = 2.2
    context.strokeStyle = isChosen(bus) ? '#ffffff' : 'rgba(8, 13, 20, 0.9)'
    context.stroke()
    context.fillStyle = colourOf(bus)
    context.fill()
    if (bus.shown !== undefined && size > 8) {
      context.fillStyle = 'rgba(8, 13, 20, 0.55)'
      context.fillRect(-size * 0.4, -size * 0.5, size * 0.8, size * 0.38)
    }
    context.restore()
  }

  function drawLabel(bus) {
    if (view.scale < wholeScale * 2.8 && !isChosen(bus)) return
    const { x, y } = view.toScreen(bus.at)
    const size = sizeOf()
    context.globalAlpha = bus.opacity
    context.font = '600 11px system-ui, sans-serif'
    context.textAlign = 'left'
    context.textBaseline = 'middle'
    const left = x + size * 1.5 + 3
    context.lineWidth = 3.5
    context.strokeStyle = 'rgba(10, 16, 24, 0.9)'
    context.strokeText(bus.id, left, y)
    context.fillStyle = '#e7eef5'
    context.fillText(bus.id, left, y)
  }

  function drawPin({ lat, long, colour, at }, now) {
    const { x, y } = view.toScreen(project(lat, long))
    const age = now - at
    context.globalAlpha = 0.95
    if (age < 1500 && !calm.matches) {
      context.beginPath()
      context.arc(x, y - 13, 6 + age / 60, 0, Math.PI * 2)
      context.strokeStyle = colour
      context.lineWidth = 2
      context.globalAlpha = 1 - age / 1500
      context.stroke()
      context.globalAlpha = 0.95
    }
    context.beginPath()
    context.moveTo(x, y)
    context.bezierCurveTo(x - 3, y - 6, x - 7, y - 8, x - 7, y - 14)
    context.arc(x, y - 14, 7, Math.PI, 0)
    context.bezierCurveTo(x + 7, y - 8, x + 3, y - 6, x, y)
    context.fillStyle = colour
    context.fill()
    context.lineWidth = 1.5
    context.strokeStyle = 'rgba(8, 13, 20, 0.85)'
    context.stroke()
    context.beginPath()
    context.arc(x, y - 14, 2.6, 0, Math.PI * 2)
    context.fillStyle = 'rgba(8, 13, 20, 0.8)'
    context.fill()
  }

  /** The bus nearest to a pixel, within a finger's or a pointer's reach. */
  function busAt(pixel, reach) {
    let best
    let bestDistance = reach
    for (const id of buses.ids()) {
      const { x, y } = view.toScreen(buses.get(id).at)
      const away = Math.hypot(x - pixel.x, y - pixel.y)
      if (away < bestDistance) {
        best = id
        bestDistance = away
      }
    }
    return best
  }

  function listen() {
    /** @type {Map<number, { x: number, y: number }>} */
    const pointers = new Map()
    let travelled = 0
    const spread = () => {
      const [a, b] = [...pointers.values()]
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, gap: Math.hypot(a.x - b.x, a.y - b.y) }
    }
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId)
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
      if (pointers.size === 1) travelled = 0
    })
    canvas.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId)
      const here = { x: event.clientX, y: event.clientY }
      if (!before) {
        hovered = busAt(here, 14)
        canvas.classList.toggle('over-bus', hovered !== undefined)
        return
      }
      travelled += Math.hypot(here.x - before.x, here.y - before.y)
      if (travelled < 5) return
      touchedAt = performance.now()
      canvas.classList.add('dragging')
      if (pointers.size === 1) {
        view.panBy(here.x - before.x, here.y - before.y)
        pointers.set(event.pointerId, here)
      } else {
        const old = spread()
        pointers.set(event.pointerId, here)
        const fresh = spread()
        view.panBy(fresh.x - old.x, fresh.y - old.y)
        if (old.gap > 0) view.zoomAt(fresh, fresh.gap / old.gap)
      }
    })
    const release = (event) => {
      const alone = pointers.size === 1 && pointers.delete(event.pointerId)
      pointers.delete(event.pointerId)
      canvas.classList.remove('dragging')
      if (event.type === 'pointerup' && alone && travelled < 5)
        onPick(busAt({ x: event.clientX, y: event.clientY }, event.pointerType === 'mouse' ? 16 : 28))
    }
    canvas.addEventListener('pointerup', release)
    canvas.addEventListener('pointercancel', release)
    canvas.addEventListener('pointerleave', () => {
      hovered = undefined
    })
    canvas.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        touchedAt = performance.now()
        view.zoomAt(
          { x: event.clientX, y: event.clientY },
          Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)),
        )
      },
      { passive: false },
    )
    addEventListener('resize', () => {
      resize()
      if (followed.bus === undefined) view.flyTo(whole(), 0)
    })
  }

  resize()
  view.flyTo(whole(), 0)
  listen()
  requestAnimationFrame(frame)

  return {
    project,
    view,
    resize,
    /** What the subscription follows: a bus, a route, or neither. */
    follow(wanted) {
      const before = followed
      followed = wanted
      touchedAt = Number.NEGATIVE_INFINITY
      const bus = wanted.bus === undefined ? undefined : buses.get(wanted.bus)
      if (bus) view.flyTo({ ...bus.at, scale: Math.max(view.scale, wholeScale * 3.2) }, flightMs())
      else if (before.bus !== undefined) view.flyTo(whole(), flightMs())
    },
    zoom(factor) {
      touchedAt = performance.now()
      view.zoomAt(view.middle(), factor)
    },
    fit: () => view.flyTo(whole(), flightMs()),
    /** The box that is seen: least and greatest latitude, least and greatest longitude. */
    seen() {
      const { width, height } = view.size
      const least = unproject(view.toGround({ x: -margin, y: height + margin }))
      const greatest = unproject(view.toGround({ x: width + margin, y: -margin }))
      return [least.lat, greatest.lat, least.long, greatest.long]
    },
    /** Where on the screen each bus is, for those who want to click one without eyes. */
    onScreen: () => buses.ids().map((id) => ({ id, ...view.toScreen(buses.get(id).at) })),
  }
}
