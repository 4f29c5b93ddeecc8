import { Command, InvalidArgumentError } from 'commander'
import { createLogger } from '../telemetry/logger.ts'
import { parseFlags } from './parse-flags.ts'
import { previewFile } from './preview-file.ts'
import { failureOf, previewText } from './preview-text.ts'

interface Options {
  readonly worker?: string
  readonly limit: number
  readonly set?: readonly string[]
  readonly json?: boolean
}

const standardLimit = 10
const maxLimit = 1000

/** `tidegate preview FILE`: real records through every stage of a declaration; nothing is sent, committed or registered. */
export function previewCommand(): Command {
  return new Command('preview')
    .description('Show what a declaration makes of the newest records of its topics; sends and commits nothing')
    .argument('<file>', 'the declaration: JSON or Java properties')
    .option('-w, --worker <file>', "the worker's configuration, as for `tidegate worker`")
    .option('-l, --limit <count>', `the most records, 1 to ${maxLimit}`, toLimit, standardLimit)
    .option('-s, --set <name=value...>', "set a property of the worker, over its file's and the environment's")
    .option('--json', 'print every stage in full as JSON')
    .action(async (file: string, { worker, limit, set = [], json = false }: Options) => {
      const preview = await previewFile(file, {
        worker,
        flags: parseFlags(set),
        env: process.env,
        limit,
        log: createLogger('error'),
        signal: new AbortController().signal,
      })
      console.log(json ? JSON.stringify(preview, undefined, 2) : previewText(preview))
      if (preview.records.some(failureOf)) process.exitCode = 1
    })
}

function toLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > maxLimit) throw new InvalidArgumentError(`It is a whole number from 1 to ${maxLimit}.`)
  return limit
}
