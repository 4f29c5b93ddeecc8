import {
  type AlteredOffset,
  atLeast,
  ConnectError,
  defineConfig,
  defineSource,
  nonEmpty,
  type SourceRecord,
} from '#api'
import { type Input, openFile, readStream } from './input.ts'
import { createLineSplitter, type Line, type LineSplitter } from './line-splitter.ts'
import { version } from './version.ts'

const config = defineConfig({
  file: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: 'The file to read, from its beginning and as it grows. Without it standard input is read, and no offsets are kept.',
  },
  topic: { type: 'string', importance: 'high', validator: nonEmpty, doc: 'The topic that lines are written to.' },
  'batch.size': {
    type: 'int',
    importance: 'low',
    default: 2000,
    validator: atLeast(1),
    doc: 'The most lines that are handed on at once.',
  },
  'line.max.bytes': {
    type: 'int',
    importance: 'low',
    default: 16_777_216,
    validator: atLeast(1),
    doc: 'The longest line. A longer one fails the task: nothing grows without bound.',
  },
})

/** Milliseconds between two looks at a file that has not grown, or does not exist yet. */
const idleMs = 200

/** Each line of a file is a record; the offset is the byte behind it, under Kafka Connect's names. */
export const fileStreamSource = defineSource({
  name: 'FileStreamSource',
  aliases: ['org.apache.kafka.connect.file.FileStreamSourceConnector'],
  version,
  doc: 'Reads a file line by line, and goes on as it grows. For trying things out: a file is not a queue, and a file that is replaced is not noticed.',
  config,
  // Standard input cannot be read again.
  exactlyOnceSupport: ({ file }) => Boolean(file),
  alterOffsets: ({ file }, offsets) => checkOffsets(file, offsets),

  async startTask({ config: { file, topic, ...limits }, offsets, signal, clock, log }) {
    const sourcePartition = { filename: file }
    let source: { readonly input: Input; readonly splitter: LineSplitter } | undefined
    let lines: Line[] = []
    let missing = false

    const opened = (input: Input, position: number) => ({
      input,
      splitter: createLineSplitter(position, limits['line.max.bytes']),
    })

    async function begin(): Promise<typeof source> {
      if (!file) return opened(readStream(process.stdin), 0)
      const position = positionOf(await offsets.offset(sourcePartition))
      const input = await openFile(file, position)
      if (!input && !missing) log.warn({ file }, 'the file does not exist yet and is read once it does')
      missing = !input
      return input && opened(input, position)
    }

    function toRecord({ text, end }: Line): SourceRecord {
      return {
        topic,
        key: null,
        value: text,
        valueSchema: { type: 'string' },
        timestamp: clock.now(),
        headers: [],
        path: [],
        sourcePartition,
        sourceOffset: { position: file ? end : null },
      }
    }

    return {
      async poll() {
        if (lines.length === 0) {
          source ??= await begin()
          if (source) lines = [...source.splitter.push(await source.input.read())]
          if (lines.length === 0) await clock.sleep(idleMs, signal)
        }
        return lines.splice(0, limits['batch.size']).map(toRecord)
      },
      stop: () => source?.input.close(),
    }
  },
})

function positionOf(offset: Readonly<Record<string, unknown>> | undefined): number {
  const position = offset?.['position'] ?? 0
  if (typeof position === 'number' && Number.isSafeInteger(position) && position >= 0) return position
  throw new ConnectError(`The stored offset ${JSON.stringify(offset)} is no position in a file; reset the offsets.`)
}

/** What Kafka Connect's own connector checks before offsets are altered over REST. */
function checkOffsets(file: string | null, offsets: readonly AlteredOffset[]): boolean {
  if (!file) {
    throw new ConnectError("Offsets cannot be altered without 'file': standard input is read, and it has no offsets.")
  }
  for (const { partition, offset } of offsets) {
    // Whatever is stored may be taken away.
    if (offset === null) continue
    const position = offset['position']
    if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0) {
      throw new ConnectError(
        `The offset ${JSON.stringify(offset)} has to hold 'position', a whole number of bytes that is not negative.`,
      )
    }
    if (!('filename' in partition)) {
      throw new ConnectError(`The partition ${JSON.stringify(partition)} has to hold the key 'filename'.`)
    }
  }
  return true
}
