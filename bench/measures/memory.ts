import type { Bench, Findings } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { withPrograms } from '../start-program.ts'

/** Connected before the counting begins, so that what a server needs for its first clients is not theirs. */
const first = 100

/** What one connected and subscribed client that gets nothing costs the server. */
export async function memory(bench: Bench): Promise<Findings> {
  const { idleClients, rounds } = bench.scale
  const clients = Math.min(idleClients, bench.connections - first)
  const figures = await interleave(['gateway', 'ws', 'framed'], rounds, (variant) =>
    withPrograms(
      [
        [`fan-out-${variant}`, { execArgv: ['--expose-gc'] }],
        ['subscribers', {}],
      ],
      async (server, subscribers) => {
        const port = await server.call<number>('listen')
        await subscribers.call('connect', { port, clients: first })
        const before = await server.memory()
        await subscribers.call('connect', { port, clients })
        const after = await server.memory()
        const rss = (after.rss - before.rss) / clients / 1024
        const heap = (after.heapUsed - before.heapUsed) / clients / 1024
        bench.progress(`memory, ${variant}: ${rss.toFixed(1)} KiB a connection, ${heap.toFixed(1)} of them heap`)
        return { rss, heap }
      },
    ),
  )
  const row = (unit: string, figure: 'rss' | 'heap') => ({
    what: `${clients} idle connections, subscribed`,
    unit,
    ours: figures.gateway[figure],
    naive: figures.ws[figure],
    limit: figures.framed[figure],
  })
  const fewer = `Memory: ${clients} instead of ${idleClients} connections, because of the descriptor limit (\`ulimit -n\`).`
  return {
    rows: [row('KiB RSS a connection', 'rss'), row('KiB heap a connection', 'heap')],
    notes: clients < idleClients ? [fewer] : [],
  }
}
