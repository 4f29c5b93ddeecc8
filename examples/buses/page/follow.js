// The one subscription that moves the map: all buses, one bus, or one route. Of buses and routes the gate sends what lies in the
// box that is seen; as the map moves, the box is changed in place.

/**
 * @param {{ client: any, buses: any, log: any, onChange: (channel: string) => void,
 *   onArrived: (bus: { id: string, lat: number, long: number }) => void, seen: () => number[], onSubscribed: (told: any) => void, onRefused: (error: Error) => void }} parts
 */
export function createFollower({ client, buses, log, onChange, onArrived, seen, onSubscribed, onRefused }) {
  /** @type {any} */
  let subscription
  /** Of the subscription: the box that was asked for last, the one that the gate has granted, and whether they differ. */
  let box = { asked: '', granted: /** @type {number[] | undefined} */ (undefined), isAsking: false }

  function take(kind, channel, key, data, position) {
    const now = performance.now()
    log.entry({ kind, channel, id: key, lat: data?.lat, long: data?.long, position, at: Date.now() })
    if (kind === 'deleted' || kind === 'gone') buses.remove(key, now)
    else if (kind === 'message') {
      buses.put(data.id, data, now)
      onArrived(data)
    }
  }

  function follow(channel) {
    if (subscription?.channel === channel) return
    subscription?.unsubscribe()
    const [kind, id] = channel.split(':')
    const now = performance.now()
    // What is no longer subscribed must not stand on the map as if it were.
    if (kind === 'bus') buses.keepOnly(decodeURIComponent(id), now)
    onChange(channel)
    const bbox = kind === 'bus' ? undefined : seen()
    const own = { asked: String(bbox), granted: undefined, isAsking: false }
    box = own
    const fresh = client.subscribe(channel, {
      snapshot: true,
      ...(bbox ? { bbox } : {}),
      onSubscribed(told) {
        log.subscribed({ ...told, at: Date.now() })
        own.granted = told.granted?.bbox
        onSubscribed(told)
      },
      onSnapshot(items) {
        for (const { channel: from, key, data } of items) take('snapshot', from, key, data)
        buses.replace(
          items.map(({ data }) => data),
          performance.now(),
        )
      },
      onMessage({ channel: from, key, data, deleted, position }) {
        take(deleted ? 'deleted' : 'message', from, key ?? data?.id, data, position)
      },
      onGone: ({ channel: from, key }) => take('gone', from, key),
      onError: onRefused,
    })
    subscription = fresh
  }

  /** Called as often as the map may have moved: one change is under way at a time, and the newest box follows it. */
  async function look() {
    const own = box
    const bbox = seen()
    if (!subscription || subscription.channel.startsWith('bus:') || own.isAsking || own.asked === String(bbox)) return
    own.isAsking = true
    own.asked = String(bbox)
    try {
      own.granted = (await subscription.update({ bbox })).bbox
    } catch (error) {
      // It is asked for again when the map is looked at next.
      own.asked = ''
      if (own === box && error.code !== 'busy') onRefused(error)
    } finally {
      own.isAsking = false
    }
  }

  return {
    follow,
    look,
    /** The box that the gate has granted; undefined while it is another than the one that is seen. */
    get box() {
      return box.isAsking || box.asked !== String(seen()) ? undefined : box.granted
    },
    get channel() {
      return subscription?.channel
    },
  }
}
