// The panel's upper part: what is followed, the details of a bus, the choice of routes; and the strip of figures.

import { byId, write } from './dom.js'
import { formatBytes, formatMs } from './figures.js'

/** @param {{ city: any, buses: any, colourOf: (bus: any) => string, onRoute: (id: string) => void, onBack: () => void }} parts */
export function createPanel({ city, buses, colourOf, onRoute, onBack }) {
  const routes = new Map(city.routes.map((route) => [route.id, route]))
  write(byId('city'), city.name)
  document.title = `${city.name}: buses, live`

  for (const { id, name, colour } of city.routes) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: id, title: name })
    button.dataset.route = id
    button.style.setProperty('--route', colour)
    button.setAttribute('aria-pressed', 'false')
    button.addEventListener('click', () => onRoute(id))
    byId('routes').append(button)
  }
  byId('back').addEventListener('click', onBack)

  const toggle = byId('panel-toggle')
  toggle.addEventListener('click', () => {
    const down = document.body.classList.toggle('panel-down')
    toggle.setAttribute('aria-expanded', String(!down))
  })

  function showFollowed(channel) {
    const [kind, id = ''] = channel.split(':').map(decodeURIComponent)
    const route = kind === 'route' ? routes.get(id) : undefined
    document.documentElement.dataset.view = channel
    write(
      byId('view-kind'),
      kind === 'bus' ? 'following one bus' : kind === 'route' ? 'following one route' : 'following',
    )
    write(
      byId('view-title'),
      kind === 'bus' ? `Bus ${id}` : kind === 'route' ? `${id} · ${route?.name ?? ''}` : 'All buses',
    )
    write(byId('view-channel'), channel)
    write(byId('here-label'), kind === 'bus' ? 'this bus' : kind === 'route' ? 'this route' : 'this page')
    byId('back').hidden = kind === 'buses'
    byId('detail').hidden = kind !== 'bus'
    for (const button of byId('routes').children)
      button.setAttribute('aria-pressed', String(kind === 'route' && button.dataset.route === id))
    if (kind === 'bus') byId('report-vehicle').value = id
  }

  function showDetail(channel, now) {
    const [kind, id = ''] = channel.split(':').map(decodeURIComponent)
    document.documentElement.dataset.buses = String(buses.size)
    write(byId('view-count'), kind === 'bus' ? '' : `· ${buses.size} buses`)
    if (kind !== 'bus') return
    const bus = buses.get(id)
    const route = city.routes.find(({ vehicles }) => vehicles.includes(id))
    write(byId('detail-place'), bus ? `${bus.lat.toFixed(5)}, ${bus.long.toFixed(5)}` : 'not reporting')
    write(byId('detail-speed'), bus?.speed === undefined ? '–' : `${Math.round(bus.speed * 3.6)} km/h`)
    write(byId('detail-route'), route ? `${route.id} · ${route.name}` : '–')
    write(byId('detail-age'), bus ? `${((now - bus.told) / 1000).toFixed(1)} s ago` : '–')
    byId('view-title').style.color = bus ? colourOf(bus) : ''
  }

  return {
    showFollowed(channel) {
      byId('view-title').style.color = ''
      showFollowed(channel)
    },
    showDetail,
    showFigures({ rate, rates, p50, p99, latencies, feedBytes, hereBytes, receivedBytes }) {
      write(
        byId('rate'),
        rate === undefined ? '–' : rate < 10 ? String(Math.round(rate * 10) / 10) : String(Math.round(rate)),
      )
      write(byId('p50'), formatMs(p50))
      write(byId('p99'), formatMs(p99))
      write(byId('feed-bytes'), formatBytes(feedBytes))
      write(byId('here-bytes'), formatBytes(hereBytes))
      write(byId('received-bytes'), formatBytes(receivedBytes))
      const most = Math.max(feedBytes ?? 0, hereBytes ?? 0, 1)
      byId('feed-bar').style.width = `${(100 * (feedBytes ?? 0)) / most}%`
      byId('here-bar').style.width = `${Math.max(hereBytes ? 1 : 0, (100 * (hereBytes ?? 0)) / most)}%`
      drawLine(byId('rate-line'), rates)
      drawLine(byId('latency-line'), latencies)
    },
  }
}

/** A line of the last values, from zero. @param {HTMLCanvasElement} canvas @param {(number | undefined)[]} values */
function drawLine(canvas, values) {
  const ratio = devicePixelRatio || 1
  const { clientWidth: width, clientHeight: height } = canvas
  if (width === 0) return
  canvas.width = width * ratio
  canvas.height = height * ratio
  const context = canvas.getContext('2d')
  context.scale(ratio, ratio)
  const top = Math.max(1, ...values.map((value) => value ?? 0)) * 1.15
  context.beginPath()
  let pen = false
  values.forEach((value, index) => {
    const x = (index / Math.max(1, values.length - 1)) * (width - 2) + 1
    if (value === undefined) pen = false
    else if (pen) context.lineTo(x, height - 1 - (value / top) * (height - 3))
    else context.moveTo(x, height - 1 - (value / top) * (height - 3))
    pen = value !== undefined
  })
  context.strokeStyle = '#5ad1c2'
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.stroke()
}
