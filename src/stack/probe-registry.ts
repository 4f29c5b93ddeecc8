/** The Confluent API of the registry at this port. */
export const registryUrlOf = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`

/** Whether the registry answers a question that needs its database. */
export async function probeRegistry(port: number, timeoutMs = 2_000): Promise<boolean> {
  try {
    const response = await fetch(`${registryUrlOf(port)}/subjects`, { signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return response.ok
  } catch {
    // Refused, reset or late: not yet.
    return false
  }
}
