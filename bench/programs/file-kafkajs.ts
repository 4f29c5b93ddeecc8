import { appendFile } from 'node:fs/promises'
import type { FilePipelineInput } from '../measures/file-pipeline.ts'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'

// The naive way: a record at a time, awaited; the limit: whole batches, one write each, nothing committed.
serveCommands({
  message: (input: FilePipelineInput) => run(input, false),
  batch: (input: FilePipelineInput) => run(input, true),
})

async function run({ kafka, topic, group, file }: FilePipelineInput, inBatches: boolean): Promise<void> {
  const consumer = plainKafka(kafka).consumer({ groupId: group })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run(
    inBatches
      ? {
          autoCommit: false,
          eachBatch: async ({ batch }) => appendFile(file, batch.messages.map(({ value }) => lineOf(value)).join('')),
        }
      : { eachMessage: async ({ message }) => appendFile(file, lineOf(message.value)) },
  )
}

function lineOf(value: Buffer | null): string {
  const { note: _, ...rest } = JSON.parse(value?.toString() ?? '{}') as Record<string, unknown>
  return `${JSON.stringify({ ...rest, source: 'bench' })}\n`
}
