/** How Kafka Connect names the worker of an advertised URL: host and port, the port always. */
export function workerIdOf(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}
