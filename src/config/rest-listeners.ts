import { isIPv4, isIPv6 } from 'node:net'

/** One URL of `listeners` or `admin.listeners`. */
export interface Listener {
  readonly protocol: 'http' | 'https'
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** Reads a list of listeners such as `http://:8083,https://0.0.0.0:8443`; without a host it is the loopback address. Complaints go to `errors`. */
export function readListeners(property: string, text: string, errors: string[]): readonly Listener[] {
  const complain = (value: string, what: string): void =>
    void errors.push(`Invalid value ${value} for configuration ${property}: ${what}`)
  const entries = text.split(',').flatMap((entry) => entry.trim() || [])
  if (entries.length === 0 && text.trim() !== '')
    complain(text.trim(), 'it has no listener, such as http://0.0.0.0:8083.')
  return entries.flatMap((entry) => {
    const listener = readListener(entry)
    if (typeof listener !== 'string') return [listener]
    complain(entry, listener)
    return []
  })
}

/** The listener, or what is wrong with it. */
function readListener(entry: string): Listener | string {
  const expected = 'expected http://host:port or https://host:port, such as http://0.0.0.0:8083.'
  const match = /^(https?):\/\/(?:\[([^\]]*)\]|([^\s:/?#@[\]]*))(?::(\d+))?(.*)$/is.exec(entry)
  if (!match) return expected
  const [, scheme = '', v6, name = '', portText, rest = ''] = match
  if (v6 !== undefined && !isIPv6(v6)) return `${v6} is no IPv6 address.`
  if (rest.startsWith('/')) return `a listener has no path, and no slash at its end; ${expected}`
  if (rest !== '') return expected
  if (portText === undefined) return `it has no port; write ${entry}:8083, if that is the port.`
  const port = Number(portText)
  if (port > 65535) return `${portText} is no port, which is 65535 at most.`
  const host = v6 === undefined ? name : v6
  return { protocol: scheme.toLowerCase() === 'https' ? 'https' : 'http', host: host || '127.0.0.1', port }
}

/** Complains of two listeners of which the second could not be had: the system would blame "another process". */
export function refuseTwice(listeners: readonly Listener[], errors: string[]): void {
  for (const [at, later] of listeners.entries()) {
    const earlier = listeners
      .slice(0, at)
      .find((each) => each.port !== 0 && each.port === later.port && meet(each, later))
    if (!earlier) continue
    const [one, other] = [addressOf(earlier), addressOf(later)]
    errors.push(
      one === other
        ? `${one} is more than once in listeners and admin.listeners; leave it there once.`
        : `${one} and ${other} are both in listeners and admin.listeners, and the one holds the other; leave the one there.`,
    )
  }
}

const meet = ({ host: one }: Listener, { host: other }: Listener): boolean =>
  plain(one) === plain(other) || holds(one, other) || holds(other, one)

/** Whether who listens on one host has the other already: `::` is for both kinds of addresses. */
const holds = (one: string, other: string): boolean =>
  (isIPv6(one) && plain(one) === '::') || (one === '0.0.0.0' && (isIPv4(other) || other === 'localhost'))

/** An address as everybody writes it: `0:0::1` is `::1`. */
const plain = (host: string): string =>
  isIPv6(host) && !host.includes('%') ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase()

const addressOf = ({ host, port }: Listener): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
