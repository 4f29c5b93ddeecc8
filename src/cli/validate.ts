import { resolve } from 'node:path'
import { Command } from 'commander'
import { connectorFiles } from '../config/index.ts'
import { packageRoot } from './package-info.ts'
import { type FileReport, validateFiles } from './validate-files.ts'

interface Options {
  readonly json?: boolean
}

/** `tidegate validate [FILE…]`: everything that is wrong with declarations and worker files, without Kafka. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('Check connector declarations and worker files, all mistakes at once; needs no Kafka')
    .argument('[files...]', 'declarations and worker files: JSON or Java properties; none: those in connectors/')
    .option('--json', 'print the mistakes as JSON')
    .action(async (files: readonly string[], { json = false }: Options) => {
      const chosen = files.length > 0 ? files : await connectorFiles(resolve(packageRoot, 'connectors'))
      const reports = await validateFiles(chosen, process.env)
      if (json) console.log(JSON.stringify(reports, undefined, 2))
      else for (const report of reports) console.log(textOf(report))
      if (reports.some(({ errors }) => errors.length > 0)) process.exitCode = 1
    })
}

function textOf({ file, errors, warnings }: FileReport): string {
  const lines = [
    ...errors.map(({ property, value, message }) => {
      const named = property === null || message.includes(property) ? '' : `${property}: `
      const shown = value === null || message.includes(value) ? '' : ` (it is ${JSON.stringify(value)})`
      return `  error    ${named}${message.replaceAll('\n', '\n           ')}${shown}`
    }),
    ...warnings.map((warning) => `  warning  ${warning}`),
  ]
  const counts = [counted(errors.length, 'error'), counted(warnings.length, 'warning')].filter((text) => text !== '')
  return [`${file}: ${counts.length === 0 ? 'fine' : counts.join(', ')}`, ...lines].join('\n')
}

const counted = (count: number, noun: string): string =>
  count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
