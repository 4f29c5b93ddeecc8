import type { SinkFeed } from '#api'
import type { HubPort } from '../hub.ts'

/** One port that leads to several gates. */
export function joinPorts(ports: readonly HubPort[]): HubPort {
  const [only] = ports
  if (only && ports.length === 1) return only
  const attachAll = <T extends { detach(): void }>(attach: (port: HubPort) => T): readonly T[] => {
    const feeds: T[] = []
    try {
      for (const port of ports) feeds.push(attach(port))
      return feeds
    } catch (error) {
      for (const feed of feeds) feed.detach()
      throw error
    }
  }
  return {
    complaints(declared) {
      // The same rules mostly, so what one says another says again.
      const all = ports.flatMap((port) => port.complaints?.(declared) ?? [])
      return [...new Map(all.map((each) => [`${each.key} ${each.error}`, each])).values()]
    },
    attachSink(attachment) {
      const feeds = attachAll((port) => port.attachSink(attachment))
      const all =
        <Name extends keyof SinkFeed>(name: Name) =>
        (...args: Parameters<SinkFeed[Name]>): void => {
          for (const feed of feeds) (feed[name] as (...given: Parameters<SinkFeed[Name]>) => void)(...args)
        }
      return {
        open: all('open'),
        close: all('close'),
        publish: all('publish'),
        ready: all('ready'),
        upstream: all('upstream'),
        detach: all('detach'),
        remember(publications, vanishedAt) {
          for (const feed of feeds) feed.remember(publications, vanishedAt)
        },
      }
    },
    attachSource(attachment) {
      const feeds = attachAll((port) => port.attachSource(attachment))
      return {
        closeProducer(session) {
          for (const feed of feeds) feed.closeProducer(session)
        },
        upstream(state) {
          for (const feed of feeds) feed.upstream?.(state)
        },
        detach() {
          for (const feed of feeds) feed.detach()
        },
      }
    },
  }
}
