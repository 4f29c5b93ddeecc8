import { Command } from 'commander'
import { parseFlags } from './parse-flags.ts'
import { printFailure } from './print-failure.ts'
import { signalled } from './signalled.ts'
import { startGate } from './start-gate.ts'

/** `tidegate gate [FILE]`. */
export function gateCommand(): Command {
  return new Command('gate')
    .description('Run a gate without Kafka: workers link themselves to it, and clients connect to it')
    .argument('[file]', 'settings of the gate: Java properties, or JSON')
    .option('-s, --set <name=value...>', 'set a setting, over the file and the environment')
    .action(async (file: string | undefined, { set = [] }: { set?: string[] }) => {
      const asked = signalled()
      const gate = await startGate({ file, env: process.env, flags: parseFlags(set) }).catch((error: unknown) => {
        printFailure(error)
        // What the start left open must not keep a process that does nothing.
        process.exit(1)
      })
      await asked
      await gate.stop()
      process.exit()
    })
}
