/** One URL of `listeners` or `admin.listeners`. */
export interface Listener {
  readonly protocol: 'http' | 'https'
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** Reads a list of listeners such as `http://:8083,https://0.0.0.0:8443`; without a host it is the loopback address. Complaints go to `errors`. */
export function readListeners(property: string, text: string, errors: string[]): readonly Listener[] {
  const entries = text.split(',').map((entry) => entry.trim())
  const listeners: Listener[] = []
  for (const entry of entries.filter((each) => each !== '')) {
    const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]*):(\d{1,5})$/i.exec(entry)
    const port = Number(match?.[3])
    if (!match || port > 65535) {
      errors.push(
        `Invalid value ${entry} for configuration ${property}: expected http://host:port or https://host:port, such as http://0.0.0.0:8083.`,
      )
      continue
    }
    const host = (match[2] ?? '').replace(/^\[|\]$/g, '')
    const protocol = match[1]?.toLowerCase() === 'https' ? 'https' : 'http'
    listeners.push({ protocol, host: host === '' ? '127.0.0.1' : host, port })
  }
  return listeners
}

/** Complains of an address that is there twice: the system would blame "another process". */
export function refuseTwice(listeners: readonly Listener[], errors: string[]): void {
  const seen = new Set<string>()
  for (const { host, port } of listeners) {
    const address = `${host}:${port}`
    if (port !== 0 && seen.has(address))
      errors.push(`${address} is more than once in listeners and admin.listeners; leave it there once.`)
    seen.add(address)
  }
}
