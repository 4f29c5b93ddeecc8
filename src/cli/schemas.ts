import { Command } from 'commander'
import { checkSchemas, registerSchemas, type SchemaFileReport } from '../registry/index.ts'

interface Options {
  readonly registry: string
}

/** `tidegate schemas check|register`: the `.avsc` files of a folder against the registry; the file name is the subject. */
export function schemasCommand(): Command {
  const registry = ['--registry <url>', 'the schema registry', 'http://127.0.0.1:8081/apis/ccompat/v7'] as const
  const command = new Command('schemas').description('Keep the Avro schemas of a folder in the schema registry.')
  command
    .command('check')
    .description('tell which schemas are new, changed, compatible')
    .argument('[dir]', 'the folder with the .avsc files', 'schemas')
    .option(...registry)
    .action(async (dir: string, options: Options) => void (await check(dir, options)))
  command
    .command('register')
    .description('check, then register what is new or changed if all are compatible')
    .argument('[dir]', 'the folder with the .avsc files', 'schemas')
    .option(...registry)
    .action(async (dir: string, options: Options) => {
      if (!(await check(dir, options))) return
      for (const { subject, status, id } of await registerSchemas({ registryUrl: options.registry, dir })) {
        if (status !== 'unchanged') console.log(`registered    ${subject} as id ${id}`)
      }
    })
  return command
}

/** Prints a line for each schema and sets the exit code; whether all may be registered. */
async function check(dir: string, { registry }: Options): Promise<boolean> {
  const reports = await checkSchemas({ registryUrl: registry, dir })
  if (reports.length === 0) console.log(`There is no .avsc file in ${dir}.`)
  for (const report of reports) console.log(line(report))
  const fine = reports.every(({ status }) => status !== 'incompatible' && status !== 'invalid')
  if (!fine) process.exitCode = 1
  return fine
}

function line({ file, subject, status, reasons }: SchemaFileReport): string {
  const bad = status === 'incompatible' || status === 'invalid'
  const head = `${(bad ? status.toUpperCase() : status).padEnd(13)} ${bad ? file : subject}`
  return [head, ...reasons.map((reason) => `              ${reason}`)].join('\n')
}
