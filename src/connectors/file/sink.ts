import { open } from 'node:fs/promises'
import { ConnectError, defineConfig, defineSink, messageOf, type SinkRecord, toJson } from '#api'
import { version } from './version.ts'

const config = defineConfig({
  file: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: 'The file that lines are appended to; it is made when missing. Without it they go to standard output.',
  },
})

interface Output {
  write(text: string): Promise<void>
  close(): Promise<void>
}

/** Each record's value is a line. */
export const fileStreamSink = defineSink({
  name: 'FileStreamSink',
  aliases: ['org.apache.kafka.connect.file.FileStreamSinkConnector'],
  version,
  doc: 'Appends the value of each record to a file, a line each: text as it is, everything else as JSON. For trying things out: a record that is delivered again is a line again.',
  config,
  preview: (_, records) => records.map((record) => ({ message: lineOf(record).slice(0, -1) })),
  // Kafka's are the only offsets that there are.
  alterOffsets: () => true,
  async startTask({ config: { file } }) {
    const output = file ? await openFile(file) : standardOutput()
    return {
      async put(records) {
        if (records.length > 0) await output.write(records.map(lineOf).join(''))
      },
      stop: output.close,
    }
  },
})

const lineOf = ({ value }: SinkRecord): string => `${typeof value === 'string' ? value : toJson(value)}\n`

async function openFile(file: string): Promise<Output> {
  try {
    const handle = await open(file, 'a')
    return {
      write: (text) => handle.appendFile(text),
      close: () => handle.close(),
    }
  } catch (error) {
    const message = `The file ${file} can be neither opened nor made: ${messageOf(error)}`
    throw new ConnectError(message, { cause: error, context: { file } })
  }
}

const standardOutput = (): Output => ({
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
    }),
  close: async () => undefined,
})
