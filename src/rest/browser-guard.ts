import type { IncomingHttpHeaders } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import { ForbiddenError } from '#api'

export interface BrowserGuardOptions {
  /** Names by which the API may be asked, besides `localhost` and IP addresses; `*`: any. */
  readonly hosts: readonly string[]
  /** Origins of pages that may use it, as in `cors.ts`. */
  readonly origins: readonly string[]
}

/**
 * Keeps pages of the internet, shown by a browser on this machine, away from an API that asks for no password. A page can have its own name
 * mean 127.0.0.1, so that the browser takes answers for its own; and it can POST without asking first. Throws `ForbiddenError`.
 */
export function createBrowserGuard({
  hosts,
  origins,
}: BrowserGuardOptions): (headers: IncomingHttpHeaders, method: string | undefined) => void {
  const names = new Set(['localhost', ...hosts.map((host) => host.toLowerCase())])
  const isKnown = (name: string): boolean => names.has('*') || isIP(name) !== 0 || names.has(name)

  return ({ host, origin, 'content-type': type = '' }, method) => {
    const name = host === undefined ? 'localhost' : nameOf(host)
    if (!isKnown(name))
      throw new ForbiddenError(
        `This worker is not asked by the name ${JSON.stringify(name)}: use localhost or an IP address, or list the name in rest.allowed.hosts`,
        { context: { host } },
      )
    // For JSON a browser asks first, and is told what CORS allows.
    if (method !== 'POST' || origin === undefined || /^\s*application\/json\s*(;|$)/i.test(type)) return
    const isOurs = URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
    if (isOurs || origins.includes('*') || origins.includes(origin) || isListed(origin)) return
    throw new ForbiddenError(
      `Pages of ${JSON.stringify(origin)} may not use this worker: list the origin in access.control.allow.origin`,
      { context: { origin } },
    )
  }

  /** A page of a listed host, behind a proxy that gives this worker another name. */
  function isListed(origin: string): boolean {
    const name = URL.canParse(origin) ? new URL(origin).hostname : ''
    return name !== 'localhost' && names.has(name)
  }
}

/** The host without its port, the brackets of IPv6 and the dot of a full name. */
function nameOf(host: string): string {
  const [, v6, name = host] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? []
  return (v6 ?? name).toLowerCase().replace(/\.$/, '')
}

/** Whether none but this machine reaches who listens there. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, '')
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}
