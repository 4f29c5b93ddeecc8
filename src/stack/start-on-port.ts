import { choosePort, isPortFree, type PortChoice } from './ports.ts'
import type { Server } from './server.ts'

/** Between choosing a port and listening on it somebody else may take it; then a port that may move is chosen again. */
export async function startOnPort(
  server: Server,
  choice: PortChoice,
  signal: AbortSignal | undefined,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(choice)
    try {
      choice.progress(`Starting ${choice.label} on port ${port} …`)
      await server.start(port, signal)
      return port
    } catch (error) {
      signal?.throwIfAborted()
      // Kafka's controller has a port of its own, of which only the log tells.
      const isTaken = /BindException|Address already in use/.test(String(error)) || !(await isPortFree(port))
      if (choice.wanted || attempt === 3 || !isTaken) throw error
    }
  }
}
