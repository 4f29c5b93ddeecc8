#!/usr/bin/env node
import { Command } from 'commander'
import { gateCommand } from './gate.ts'
import { packageVersion } from './package-info.ts'
import { previewCommand } from './preview.ts'
import { printFailure } from './print-failure.ts'
import { schemasCommand } from './schemas.ts'
import { stackCommand } from './stack.ts'
import { validateCommand } from './validate.ts'
import { workerCommand } from './worker.ts'

const program = new Command('tidegate')
  .description('A Kafka Connect worker for the last mile between Kafka and the internet.')
  .version(packageVersion)
  .addCommand(workerCommand())
  .addCommand(gateCommand())
  .addCommand(validateCommand())
  .addCommand(previewCommand())
  .addCommand(stackCommand())
  .addCommand(schemasCommand())

try {
  await program.parseAsync()
} catch (error) {
  printFailure(error)
  process.exitCode = 1
}
