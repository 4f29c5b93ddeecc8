import { parseArgs } from 'node:util'
import { startFeed } from './feed.ts'

/** Runs the feed as a process of its own: `node serve-feed.js [--port N] [--host H] [--vehicles N] [--recorded FILE]`. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    host: { type: 'string', default: '127.0.0.1' },
    vehicles: { type: 'string', default: '160' },
    seed: { type: 'string', default: '1' },
    interval: { type: 'string', default: '1000' },
    recorded: { type: 'string' },
  },
})

const feed = await startFeed({
  port: Number(values.port),
  host: values.host,
  vehicles: Number(values.vehicles),
  seed: Number(values.seed),
  intervalMs: Number(values.interval),
  recorded: values.recorded,
})
console.log(`feed ${feed.url}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void feed.stop())
