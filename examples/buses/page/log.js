// What the page received, in the order in which it came, for a test to compare with the topic. Bounded.

/** @param {number} limit */
export function createLog(limit = 100_000) {
  const log = {
    limit,
    /** How many of the oldest entries had to go. */
    dropped: 0,
    /** @type {{ kind: 'message' | 'snapshot' | 'deleted' | 'gone', channel: string, id: string, lat?: number, long?: number, position?: string, at: number }[]} */
    entries: [],
    /** @type {{ channel: string, recovered: boolean | null, reason?: string, position?: string, at: number }[]} */
    subscribed: [],
    /** @type {{ state: string, at: number }[]} */
    states: [],
  }
  return {
    log,
    entry(entry) {
      log.entries.push(entry)
      log.dropped += bound(log.entries, limit)
    },
    subscribed(entry) {
      log.subscribed.push(entry)
      bound(log.subscribed, 1000)
    },
    state(entry) {
      log.states.push(entry)
      bound(log.states, 1000)
    },
  }
}

/** Drops the oldest when there are a tenth too many; answers how many. */
function bound(list, most) {
  const surplus = list.length > most * 1.1 ? list.length - most : 0
  list.splice(0, surplus)
  return surplus
}
