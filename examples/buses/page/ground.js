// Draws the city beneath the buses into a canvas of its own, again only when the view has changed.

const colours = {
  land: '#111a27',
  grid: 'rgba(150, 180, 215, 0.035)',
  water: '#0b2433',
  shore: 'rgba(110, 190, 215, 0.34)',
  shallows: 'rgba(120, 200, 220, 0.028)',
  park: '#12291f',
  lane: '#1d2b3c',
  street: '#273850',
  road: '#364b67',
  casing: '#0d1520',
  bridge: '#4a658a',
  district: 'rgba(176, 194, 214, 0.62)',
  waterName: 'rgba(112, 172, 204, 0.65)',
}

/** Metres. */
const widths = { lane: 7, street: 10, road: 16, bridge: 16 }
const atLeast = { lane: 0.7, street: 1, road: 1.7, bridge: 2.2 }

/**
 * @param {any} city city.json
 * @param {(lat: number, long: number) => { x: number, y: number }} project
 */
export function createGround(city, project) {
  const toPoints = (/** @type {[number, number][]} */ line) => line.map(([lat, long]) => project(lat, long))
  const water = city.water.map(toPoints)
  const parks = city.parks.map(toPoints)
  const ranks = ['lane', 'street', 'road', 'bridge'].map((rank) => ({
    rank,
    lines: city.streets.filter((street) => street.rank === rank).map((street) => toPoints(street.line)),
  }))
  const routes = city.routes.map((route) => ({ id: route.id, colour: route.colour, points: toPoints(route.line) }))
  const places = city.places.map((place) => ({ ...place, at: project(place.lat, place.long) }))
  const canvas = document.createElement('canvas')
  let drawn = ''

  return {
    /** The picture for this view. `route`: the one to stand out, or none. */
    picture(view, ratio, route) {
      const { width, height } = view.size
      const wanted = `${view.version} ${width} ${height} ${ratio} ${route}`
      if (wanted === drawn) return canvas
      drawn = wanted
      canvas.width = width * ratio
      canvas.height = height * ratio
      const context = canvas.getContext('2d')
      context.scale(ratio, ratio)
      context.fillStyle = colours.land
      context.fillRect(0, 0, width, height)
      drawGrid(context, view)
      context.lineJoin = 'round'
      context.lineCap = 'round'
      drawWater(context, view, water)
      for (const shape of parks) fill(context, view, [shape], colours.park)
      for (const { rank, lines } of ranks) {
        const thick = Math.max(atLeast[rank], widths[rank] * view.scale)
        if (rank === 'bridge') stroke(context, view, lines, colours.casing, thick + 3)
        stroke(context, view, lines, colours[rank], thick)
      }
      for (const { id, colour, points } of routes) {
        const chosen = id === route
        context.globalAlpha = chosen ? 0.75 : route === undefined ? 0.2 : 0.05
        stroke(context, view, [points], colour, Math.min(5, Math.max(chosen ? 3 : 1.6, (chosen ? 14 : 9) * view.scale)))
      }
      context.globalAlpha = 1
      drawNames(context, view, places)
      return canvas
    },
  }
}

function trace(context, view, points) {
  points.forEach((point, index) => {
    const { x, y } = view.toScreen(point)
    if (index === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  })
}

function fill(context, view, shapes, colour) {
  context.beginPath()
  for (const shape of shapes) {
    trace(context, view, shape)
    context.closePath()
  }
  context.fillStyle = colour
  context.fill()
}

/** The shore first, so that where waters meet each covers the other's; then shallows, lighter towards the land. */
function drawWater(context, view, water) {
  stroke(context, view, water, colours.shore, 2.5)
  for (const shape of water) fill(context, view, [shape], colours.water)
  context.save()
  context.beginPath()
  for (const shape of water.slice(0, 1)) trace(context, view, shape)
  context.clip()
  for (const metres of [60, 150, 270, 420, 600])
    stroke(context, view, water.slice(0, 1), colours.shallows, metres * 2 * view.scale)
  context.restore()
  for (const shape of water.slice(1)) fill(context, view, [shape], colours.water)
}

function stroke(context, view, lines, colour, width) {
  context.beginPath()
  for (const line of lines) trace(context, view, line)
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
}

function drawGrid(context, view) {
  const { width, height } = view.size
  const step = view.scale > 0.5 ? 250 : view.scale > 0.05 ? 1000 : 5000
  const from = view.toGround({ x: 0, y: height })
  const to = view.toGround({ x: width, y: 0 })
  context.beginPath()
  for (let x = Math.ceil(from.x / step) * step; x < to.x; x += step) {
    trace(context, view, [
      { x, y: from.y },
      { x, y: to.y },
    ])
  }
  for (let y = Math.ceil(from.y / step) * step; y < to.y; y += step) {
    trace(context, view, [
      { x: from.x, y },
      { x: to.x, y },
    ])
  }
  context.strokeStyle = colours.grid
  context.lineWidth = 1
  context.stroke()
}

function drawNames(context, view, places) {
  const size = Math.min(15, Math.max(9.5, 10.5 + Math.log2(view.scale / 0.13) * 1.4))
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const { name, kind, at } of places) {
    const { x, y } = view.toScreen(at)
    const onWater = kind === 'water'
    context.font = `${onWater ? 'italic ' : ''}${onWater ? 500 : 600} ${size}px system-ui, sans-serif`
    context.letterSpacing = onWater ? '1px' : '0.6px'
    context.lineWidth = 3.5
    context.strokeStyle = onWater ? colours.water : 'rgba(13, 20, 30, 0.85)'
    context.strokeText(name, x, y - 11)
    context.fillStyle = onWater ? colours.waterName : colours.district
    context.fillText(name, x, y - 11)
  }
}
