// Wires the page together: one client, one followed subscription, everybody's reports, and the figures.

import { createBuses } from './buses.js'
import { byId } from './dom.js'
import { bytesOf, createDurations, createPairs, createRate } from './figures.js'
import { createFollower } from './follow.js'
import { createLog } from './log.js'
import { createMap } from './map.js'
import { createPanel } from './panel.js'
import { createReports } from './reports.js'
import { watchFeed } from './spectator.js'
import { createStatus } from './status.js'
import { projectAround } from './view.js'

const beside = (/** @type {string} */ file) => new URL(file, import.meta.url).href
const load = async (/** @type {string} */ file) => {
  const response = await fetch(beside(file))
  if (!response.ok) throw new Error(`${file} answered ${response.status}.`)
  return response.json()
}

// The client lies in the build, so only the assembled page has it beside itself.
const [{ connect }, config, city] = await Promise.all([
  import(beside('client/index.js')),
  load('config.json'),
  load('city.json'),
])

const gatewayUrl = config.gatewayUrl ?? new URL('ws', document.baseURI).href.replace(/^http/, 'ws')
const isMessage = /"type":\s*"message"/
const log = createLog()
const status = createStatus({ log })
const received = createRate()
const messages = createRate()
const feedBytes = createRate()
/** Of all frames since the page was opened. */
let receivedBytes = 0
const latency = createDurations()
const pairs = createPairs((now, ms) => latency.add(now, ms))
const buses = createBuses(projectAround(city.centre))

const client = connect(gatewayUrl, {
  backoff: { initialMs: 400, maxMs: 4000 },
  onFrame(text) {
    const now = performance.now()
    status.onFrame()
    const bytes = bytesOf(text)
    receivedBytes += bytes
    received.add(now, bytes)
    if (isMessage.test(text)) messages.add(now)
  },
  onError: (error) => console.warn(error.message, error.cause ?? ''),
})
client.onState((state) => status.onState(state))
client.onNotice((notice) => status.onNotice(notice))

const routeOf = new Map(city.routes.flatMap((route) => route.vehicles.map((id) => [id, route])))
const palette = city.routes.map(({ colour }) => colour)
const colourOf = (bus) => routeOf.get(bus.id)?.colour ?? palette[0] ?? '#5ad1c2'

const reports = createReports({ client, buses })
/** Where another click returns to: all buses, or the chosen route. */
let home = 'buses'

const isNarrow = () => innerWidth <= 760
const map = createMap({
  canvas: byId('map'),
  city,
  buses,
  colourOf,
  pins: reports.pins,
  insets: () =>
    isNarrow()
      ? { left: 0, right: 0, top: 126, bottom: byId('panel').offsetHeight }
      : { left: 24, right: 376, top: 30, bottom: 96 },
  onPick(id) {
    if (follower.channel?.startsWith('bus:')) follower.follow(home)
    else if (id !== undefined) follower.follow(`bus:${encodeURIComponent(id)}`)
  },
})

const panel = createPanel({
  city,
  buses,
  colourOf,
  onRoute(id) {
    const channel = `route:${encodeURIComponent(id)}`
    home = follower.channel === channel ? 'buses' : channel
    follower.follow(home)
  },
  onBack() {
    home = follower.channel?.startsWith('bus:') ? home : 'buses'
    follower.follow(home)
  },
})

const follower = createFollower({
  client,
  buses,
  log,
  onChange(channel) {
    const [kind, id] = channel.split(':').map(decodeURIComponent)
    const now = performance.now()
    for (const rate of [received, messages]) rate.reset(now)
    pairs.restart()
    panel.showFollowed(channel)
    map.follow(kind === 'bus' ? { bus: id, route: routeOf.get(id)?.id } : kind === 'route' ? { route: id } : {})
    byId('back').textContent = kind === 'bus' && home !== 'buses' ? 'Back to the route' : 'All buses'
  },
  seen: () => map.seen(),
  onArrived: ({ id, lat, long }) => pairs.arrived(id, lat, long, performance.now()),
  onSubscribed: (told) => status.onSubscribed(told),
  onRefused: (error) => console.warn('refused:', error.message),
})
follower.follow('buses')

/** Bytes of the newest message of the raw feed. */
let feedMessage
watchFeed(config.feedUrl, {
  onMessage(vehicles, bytes) {
    const now = performance.now()
    feedMessage = bytes
    feedBytes.add(now, bytes)
    for (const { id, vehicle } of vehicles) pairs.shown(id, vehicle.position.latitude, vehicle.position.longitude, now)
  },
  onAway() {
    pairs.forget()
    feedMessage = undefined
  },
})

byId('zoom-in').addEventListener('click', () => map.zoom(1.6))
byId('zoom-out').addEventListener('click', () => map.zoom(1 / 1.6))
byId('zoom-fit').addEventListener('click', () => map.fit())
byId('panel-toggle').addEventListener('click', () => setTimeout(() => map.resize(), 300))
addEventListener('keydown', ({ key, target }) => {
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return
  if (key === 'Escape') follower.follow(follower.channel?.startsWith('bus:') ? home : 'buses')
  if (key === '+' || key === '=') map.zoom(1.4)
  if (key === '-') map.zoom(1 / 1.4)
})

/** A round length near 90 pixels. */
function showScale() {
  const raw = 90 / map.view.scale
  const power = 10 ** Math.floor(Math.log10(raw))
  const length = ([5, 2, 1].find((step) => step * power <= raw) ?? 1) * power
  byId('scale-bar').style.width = `${length * map.view.scale}px`
  byId('scale-text').textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`
}

/** @type {(number | undefined)[]} */
const latencies = Array.from({ length: 60 })
function showFigures() {
  const now = performance.now()
  const [p50, p99] = latency.percentiles(now, [0.5, 0.99])
  latencies.push(p50)
  latencies.shift()
  panel.showFigures({
    rate: messages.perSecond(now),
    rates: messages.history(now),
    p50,
    p99,
    latencies,
    feedBytes: feedMessage === undefined ? undefined : (feedBytes.perSecond(now) ?? feedMessage),
    hereBytes: received.perSecond(now),
    receivedBytes,
  })
  reports.refreshAges()
}
setInterval(() => {
  status.show()
  showScale()
  panel.showDetail(follower.channel ?? 'buses', performance.now())
}, 200)
setInterval(showFigures, 1000)
// Often enough for a hand that drags, and seldom enough for the gate.
setInterval(() => void follower.look(), 150)

// For tests, and for the curious at the console.
Object.assign(window, {
  tidegateLog: log.log,
  tidegatePage: {
    client,
    buses: () => buses.ids().map((id) => ({ id, lat: buses.get(id).lat, long: buses.get(id).long })),
    onScreen: map.onScreen,
    follow: follower.follow,
    box: () => follower.box,
    figures: () => {
      const [p50, p99] = latency.percentiles(performance.now(), [0.5, 0.99])
      const now = performance.now()
      return {
        messagesPerSecond: messages.perSecond(now),
        p50,
        p99,
        feedMessageBytes: feedMessage,
        receivedBytesPerSecond: received.perSecond(now),
        receivedBytes,
      }
    },
  },
})
