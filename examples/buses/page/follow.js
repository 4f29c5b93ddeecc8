// The one subscription that moves the map: all buses, one bus, or one route.

/**
 * @param {{ client: any, buses: any, log: any, onChange: (channel: string) => void,
 *   onArrived: (bus: { id: string, lat: number, long: number }) => void, onSubscribed: (told: any) => void, onRefused: (error: Error) => void }} parts
 */
export function createFollower({ client, buses, log, onChange, onArrived, onSubscribed, onRefused }) {
  /** @type {{ channel: string, unsubscribe: () => void } | undefined} */
  let subscription

  function take(kind, channel, key, data, position) {
    const now = performance.now()
    log.entry({ kind, channel, id: key, lat: data?.lat, long: data?.long, position, at: Date.now() })
    if (kind === 'deleted') buses.remove(key, now)
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
    const fresh = client.subscribe(channel, {
      snapshot: true,
      onSubscribed(told) {
        log.subscribed({ ...told, at: Date.now() })
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
      onError: onRefused,
    })
    subscription = fresh
  }

  return {
    follow,
    get channel() {
      return subscription?.channel
    },
  }
}
