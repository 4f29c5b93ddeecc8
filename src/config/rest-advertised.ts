import type { Listener } from './rest-listeners.ts'

/** How others reach REST, where that is not how it listens. */
export interface Advertised {
  readonly host?: string
  readonly port?: number
  readonly protocol?: 'http' | 'https'
}

/** Reads `rest.advertised.*`; an IPv6 address may have its brackets. Complaints go to `errors`. */
export function readAdvertised(
  text: (name: string) => string,
  listeners: readonly Listener[],
  errors: string[],
): Advertised {
  const host = text('rest.advertised.host.name').replace(/^\[(.*)\]$/, '$1')
  const port = text('rest.advertised.port')
  const given = text('rest.advertised.listener').toLowerCase()
  const protocol = given === 'http' || given === 'https' ? given : undefined
  if (host !== '' && !isHost(host))
    errors.push(
      `Invalid value ${host} for configuration rest.advertised.host.name: expected a host name or an IP address, without a port.`,
    )
  if (given !== '' && !protocol)
    errors.push(`Invalid value ${given} for configuration rest.advertised.listener: expected http or https.`)
  if (protocol && listeners.length > 0 && !listeners.some((listener) => listener.protocol === protocol))
    errors.push(`rest.advertised.listener is ${protocol}, but none of listeners is.`)
  if (!/^\d{0,5}$/.test(port) || Number(port) > 65535)
    errors.push(`Invalid value ${port} for configuration rest.advertised.port: expected a port.`)
  return { ...(host && { host }), ...(Number(port) > 0 && { port: Number(port) }), ...(protocol && { protocol }) }
}

/** Whether a URL can be made of it. An underscore, which many a container has, is none of a host name's letters and yet works. */
const isHost = (host: string): boolean => /^[\w.:%-]+$/.test(host) && URL.canParse(`http://${urlHost(host)}:1`)

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)
