import { Command } from 'commander'
import { parseFlags } from './parse-flags.ts'
import { printFailure } from './print-failure.ts'
import { signalled } from './signalled.ts'
import { startWorker } from './start-worker.ts'

/** `tidegate worker [FILE] [CONNECTORS…]`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Run a worker: the connectors named, else those in connectors/')
    .argument('[file]', 'worker configuration: Java properties as for connect-standalone, or JSON')
    .argument('[connectors...]', 'connector declarations: JSON or Java properties')
    .option('-s, --set <name=value...>', 'set a property or setting, over the file and the environment')
    .action(async (file: string | undefined, connectorFiles: string[], { set = [] }: { set?: string[] }) => {
      const starting = new AbortController()
      const asked = signalled().finally(() => starting.abort())
      const options = { file, connectorFiles, env: process.env, flags: parseFlags(set), signal: starting.signal }
      const worker = await startWorker(options).catch((error: unknown) => {
        // Whoever ends a worker that has not come up yet knows that.
        if (starting.signal.aborted) return
        printFailure(error)
        // What the start left open must not keep a process that does nothing.
        process.exit(1)
      })
      if (worker) await asked
      await worker?.stop()
      // A task that was left behind must not keep the process.
      process.exit()
    })
}
