import { ConnectError } from '#api'
import { type RestListener, urlOf } from './listener.ts'

/** Kafka Connect's `rest.advertised.*`. */
export interface Advertised {
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Which listener others are sent to; absent: the first with http, else the first. */
  readonly protocol?: 'http' | 'https' | undefined
}

/** The URL by which others reach this worker, without a slash at the end. */
export function advertisedUrl(listeners: readonly RestListener[], { host, port, protocol }: Advertised): string {
  const wanted = protocol ?? (listeners.some((listener) => listener.protocol === 'http') ? 'http' : 'https')
  const listener = listeners.find((each) => each.protocol === wanted)
  if (!listener) throw new ConnectError(`REST has no ${wanted} listener to advertise`)
  const at = { ...listener, ...(host ? { host } : {}), ...(port ? { port } : {}) }
  return urlOf(at)
}
