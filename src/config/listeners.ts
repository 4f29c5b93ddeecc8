interface Listener {
  readonly host: string
  readonly port: number
}

export interface ListenerChoice {
  readonly listener?: Listener
  readonly warnings: readonly string[]
  readonly error?: string
}

/** Kafka Connect's `listeners`, of which the first with http counts. A listener without host is on the loopback address. */
export function chooseListener(text: string | undefined): ListenerChoice {
  const entries = (text ?? '').split(',').map((entry) => entry.trim())
  const given = entries.filter((entry) => entry !== '')
  const listeners: Listener[] = []
  const warnings: string[] = []
  for (const entry of given) {
    const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]*):(\d{1,5})$/i.exec(entry)
    const port = Number(match?.[3])
    if (!match || port > 65535) {
      return { warnings, error: `Invalid value ${entry} for configuration listeners: expected http://host:port.` }
    }
    const host = (match[2] ?? '').replace(/^\[|\]$/g, '')
    if (match[1]?.toLowerCase() === 'https')
      warnings.push(`The listener ${entry} is left out: the REST API speaks http.`)
    else listeners.push({ host: host === '' ? '127.0.0.1' : host, port })
  }
  const [listener] = listeners
  if (listeners.length > 1) warnings.push(`Of several listeners only the first counts: ${given.join(', ')}.`)
  if (given.length > 0 && !listener) {
    return { warnings, error: `Invalid value ${given.join(',')} for configuration listeners: one has to be http.` }
  }
  return listener ? { listener, warnings } : { warnings }
}
