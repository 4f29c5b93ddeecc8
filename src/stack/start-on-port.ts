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
      if (choice.wanted || attempt === 3 || (await isPortFree(port))) throw error
    }
  }
}
