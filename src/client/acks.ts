import type { Timers } from './options.ts'
import type { PositionKeeper } from './position.ts'

/** ACK mode of one subscription: what was acknowledged, and what the gate is told of it, seldom enough. */
export interface Acks {
  /** What to come back with. */
  readonly position: string | undefined
  /** The subscription begins or continues; what was given out before is acknowledged no more. */
  begin(position: string | undefined, window: number | undefined): void
  /** A message is given out; answers what acknowledges it and all before it. May be called twice, and when the connection is gone. */
  give(position: string | undefined): () => void
  /** The position moved without a message; `counts`: it uses up the window like one. */
  moved(counts?: boolean): void
  /** Nothing is told any more until `begin`; what is acknowledged still moves `position`. */
  pause(): void
  forget(): void
}

/** How long (ms) an acknowledgement may wait for others to go with it. */
const delayMs = 20

/** `current` is where the subscription stands, acknowledged or not. */
export function createAcks(current: PositionKeeper, timers: Timers, send: (position: string) => void): Acks {
  let life = 0
  let acknowledged = current.current
  let given = 0
  let done = 0
  /** Up to here the gate knows. */
  let told = 0
  /** Of a message: a position between two of them may be one that the gate no longer knows. */
  let untold: string | undefined
  let soon = 1
  let timer: unknown
  /** What used up the window without a message, behind messages that are not acknowledged: by its number, the position. */
  const silent = new Map<number, string | undefined>()
  let isPaused = true

  const tell = (): void => {
    timers.clear(timer)
    timer = undefined
    if (isPaused || untold === undefined) return
    const position = untold
    told = done
    untold = undefined
    send(position)
  }
  const tellSoon = (position: string | undefined): void => {
    untold = position
    if (isPaused) return
    if (done - told >= soon) tell()
    else timer ??= timers.set(tell, delayMs)
  }
  const stop = (): void => {
    timers.clear(timer)
    timer = undefined
    isPaused = true
  }

  return {
    get position() {
      return acknowledged
    },
    begin(position, window = 1) {
      stop()
      life++
      acknowledged = position
      given = 0
      done = 0
      told = 0
      silent.clear()
      untold = undefined
      soon = Math.max(1, Math.floor(window / 2))
      isPaused = false
    },
    give(position) {
      const number = ++given
      const mine = life
      return () => {
        if (mine !== life || number <= done) return
        done = number
        let last = position
        while (silent.has(done + 1)) {
          last = silent.get(++done)
          silent.delete(done)
        }
        // What was told behind it without a message belongs to it.
        acknowledged = done === given ? current.current : last
        tellSoon(last)
      }
    },
    moved(counts = false) {
      if (counts) given++
      if (done < given - (counts ? 1 : 0)) {
        if (counts) silent.set(given, current.current)
        return
      }
      done = given
      acknowledged = current.current
      if (counts) tellSoon(acknowledged)
    },
    pause: stop,
    forget() {
      stop()
      life++
      acknowledged = undefined
    },
  }
}
