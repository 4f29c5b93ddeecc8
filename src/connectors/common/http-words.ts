import { ConfigError } from '#api'

const pair = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/

/** Reads `Authorization: Bearer x, X-Other: y`; a comma (or a line break) separates only where a name and a colon follow. */
export function parseHeaders(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\s*[,\n]\s*(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*:)/).filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line): [string, string] => {
      const [, name, value] = pair.exec(line.trim()) ?? []
      if (name === undefined || value === undefined) throw new ConfigError('must be a list of "Name: value"')
      return [name, value]
    }),
  )
}

/** An address for logs, status and source partitions: without user, password and query, which may hold secrets. */
export function publicAddress(uri: string): string {
  const [address = ''] = uri.split(/[?#]/, 1)
  return address.replace(/\/\/[^/@]*@/, '//')
}
