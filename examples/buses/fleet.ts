import { createPath, type Path, projectAround } from './geometry.ts'
import { seededRandom } from './random.ts'
import type { Start, Town } from './town.ts'

/** One element of a feed message, in the JSON form of GTFS-realtime. */
export interface VehicleEntity {
  readonly id: string
  readonly vehicle: {
    readonly trip: { readonly tripId: string; readonly startDate: string; readonly routeId: string }
    readonly position: { readonly latitude: number; readonly longitude: number }
    /** Seconds since the epoch: protobuf writes a uint64 as a string. */
    readonly timestamp: string
    readonly vehicle: { readonly id: string; readonly label: string }
  }
}

export interface Fleet {
  /** Lets time pass. */
  drive(seconds: number): void
  /** All vehicles that report at this time (ms since the epoch). */
  report(now: number): VehicleEntity[]
}

interface Bus {
  readonly start: Start
  readonly path: Path
  readonly cruise: number
  along: number
  direction: 1 | -1
  speed: number
  /** Metres along the route where it stops next. */
  stopAt: number
  /** Seconds that it still stands at a stop. */
  dwell: number
  /** Seconds for which it still does not report. */
  away: number
  trip: number
}

const stopSpacing = 380
const acceleration = 1.1
/** A bus falls silent once in so many seconds, as real ones do. */
const secondsBetweenSilences = 600

/** Drives a town's buses up and down their routes. The same seed gives the same drive. */
export function createFleet({ centre, routes, starts, aside }: Town, seed: number): Fleet {
  const random = seededRandom(seed)
  const { toLatLong } = projectAround(centre)
  const paths = new Map(routes.map(({ id, points }) => [id, createPath(points)]))
  const nowhere = createPath([{ x: 0, y: 0 }])
  const buses = starts.map((start): Bus => {
    const path = paths.get(start.routeId) ?? nowhere
    const direction = start.forward ? 1 : -1
    const cruise = 8.5 + 5 * random()
    return {
      start,
      path,
      cruise,
      along: start.along,
      direction,
      speed: cruise * random(),
      stopAt: nextStop(start.along, direction, path.length),
      dwell: 0,
      away: 0,
      trip: 1 + Math.floor(random() * 20),
    }
  })
  const mostAway = Math.floor(buses.length * 0.05)

  const move = (bus: Bus, seconds: number): void => {
    if (bus.dwell > 0) {
      bus.dwell = Math.max(0, bus.dwell - seconds)
      return
    }
    const left = Math.abs(bus.stopAt - bus.along)
    const brake = Math.sqrt(2 * acceleration * left)
    bus.speed = Math.min(bus.cruise, bus.speed + acceleration * seconds, Math.max(1.5, brake))
    const step = bus.speed * seconds
    if (step < left) {
      bus.along += step * bus.direction
      return
    }
    bus.along = bus.stopAt
    bus.speed = 0
    bus.dwell = 3 + 6 * random()
    if (bus.along <= 0 || bus.along >= bus.path.length) {
      bus.direction = bus.along <= 0 ? 1 : -1
      bus.trip++
      bus.dwell += 5
    }
    bus.stopAt = nextStop(bus.along, bus.direction, bus.path.length)
  }

  return {
    drive(seconds) {
      let away = buses.filter((bus) => bus.away > 0).length
      for (const bus of buses) {
        move(bus, seconds)
        if (bus.away > 0) {
          bus.away = Math.max(0, bus.away - seconds)
        } else if (away < mostAway && random() < seconds / secondsBetweenSilences) {
          bus.away = 20 + 25 * random()
          away++
        }
      }
    },
    report(now) {
      const today = new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
      const timestamp = String(Math.floor(now / 1000))
      return buses
        .filter((bus) => bus.away === 0)
        .map(({ start, path, along, direction, trip }) => {
          const { lat, long } = toLatLong(path.at(along, aside * direction))
          return {
            id: start.id,
            vehicle: {
              trip: {
                tripId: start.tripId ?? `${start.routeId}-${start.id}-${trip}`,
                startDate: start.startDate ?? today,
                routeId: start.routeId,
              },
              position: { latitude: lat, longitude: long },
              timestamp,
              vehicle: { id: start.vehicleId, label: start.label },
            },
          }
        })
    },
  }
}

/** The next multiple of the stop spacing, or the end of the route. */
function nextStop(along: number, direction: 1 | -1, length: number): number {
  const ahead = (along + direction) / stopSpacing
  const stop = (direction === 1 ? Math.ceil(ahead) : Math.floor(ahead)) * stopSpacing
  return Math.min(length, Math.max(0, stop))
}
