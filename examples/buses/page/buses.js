// The buses that the page knows: where each was last told to be, and how it glides there.

/** Milliseconds over which a bus comes and goes. */
const fade = 500
const longestGlide = 2500
const trailLength = 40

/** @param {(lat: number, long: number) => { x: number, y: number }} project */
export function createBuses(project) {
  /** @type {Map<string, any>} */
  const buses = new Map()
  /** Those that have left fade away here. @type {Set<any>} */
  const leaving = new Set()

  function put(id, { lat, long, routeId, timestamp }, now) {
    const target = project(lat, long)
    let bus = buses.get(id)
    if (!bus) {
      bus = {
        id,
        at: target,
        from: target,
        target,
        start: now,
        ms: 0,
        heading: undefined,
        shown: undefined,
        bornAt: now,
        told: 0,
        trail: [],
        speed: undefined,
      }
      buses.set(id, bus)
    } else {
      const moved = Math.hypot(target.x - bus.target.x, target.y - bus.target.y)
      const since = now - bus.told
      if (moved > 1) bus.heading = Math.atan2(target.x - bus.target.x, target.y - bus.target.y)
      if (since > 200) bus.speed = (moved / since) * 1000
      bus.from = whereIs(bus, now)
      // As long as messages are apart, so that it arrives when the next one comes; a long silence is not glided over slowly.
      bus.ms = moved > 800 ? 0 : Math.min(longestGlide, Math.max(120, since * 1.05))
      bus.start = now
      bus.target = target
    }
    Object.assign(bus, { lat, long, told: now })
    if (routeId !== undefined) bus.routeId = routeId
    if (timestamp !== undefined) bus.timestamp = timestamp
    const last = bus.trail.at(-1)
    if (!last || Math.hypot(last.x - target.x, last.y - target.y) > 2) bus.trail.push(target)
    if (bus.trail.length > trailLength) bus.trail.shift()
    return bus
  }

  function remove(id, now) {
    const bus = buses.get(id)
    if (!bus) return
    buses.delete(id)
    bus.goneAt = now
    leaving.add(bus)
  }

  return {
    get size() {
      return buses.size
    },
    get: (id) => buses.get(id),
    ids: () => [...buses.keys()],
    put,
    remove,
    /** A snapshot replaces all that is known. */
    replace(items, now) {
      const named = new Set(items.map(({ id }) => id))
      for (const id of buses.keys()) if (!named.has(id)) remove(id, now)
      for (const item of items) put(item.id, item, now)
    },
    /** Forgets all but one (or all), gently. */
    keepOnly(id, now) {
      for (const other of buses.keys()) if (other !== id) remove(other, now)
    },
    /** Where and how each bus is to be drawn now. */
    *frame(now, seconds) {
      for (const bus of leaving) {
        const opacity = 1 - (now - bus.goneAt) / fade
        if (opacity <= 0) leaving.delete(bus)
        else yield pose(bus, now, seconds, opacity)
      }
      for (const bus of buses.values()) yield pose(bus, now, seconds, Math.min(1, (now - bus.bornAt) / fade))
    },
  }
}

function whereIs(bus, now) {
  const share = bus.ms === 0 ? 1 : Math.min(1, (now - bus.start) / bus.ms)
  return {
    x: bus.from.x + (bus.target.x - bus.from.x) * share,
    y: bus.from.y + (bus.target.y - bus.from.y) * share,
  }
}

function pose(bus, now, seconds, opacity) {
  bus.at = whereIs(bus, now)
  bus.opacity = Math.max(0, opacity)
  if (bus.heading !== undefined) {
    bus.shown ??= bus.heading
    const turn = Math.atan2(Math.sin(bus.heading - bus.shown), Math.cos(bus.heading - bus.shown))
    bus.shown += turn * Math.min(1, seconds * 6)
  }
  return bus
}
