import { DataError } from '#api'
import { type ByteReader, readBytes } from './byte-reader.ts'
import { byteWriter } from './byte-writer.ts'
import type { Assignment, Work, WorkerState } from './connect-protocol.ts'

/** Kafka Connect's `sessioned` protocol (KIP-507); its bytes are those of version 1 with another number. */
const version = 2
/** Stands for the connector itself among its tasks. */
const connectorItself = -1

/** What a worker joins with, as `IncrementalCooperativeConnectProtocol.serializeMetadata`. */
export const encodeWorkerState = ({ url, offset, assignment }: WorkerState): Buffer =>
  byteWriter()
    .int16(version)
    .string(url)
    .int64(offset)
    .nullableBytes(assignment && encodeAssignment(assignment))
    .bytes()

/** What the leader tells a worker, as `IncrementalCooperativeConnectProtocol.serializeAssignment`. */
export const encodeAssignment = ({ error, leader, leaderUrl, offset, ...rest }: Assignment): Buffer =>
  byteWriter()
    .int16(version)
    .int16(error)
    .string(leader)
    .string(leaderUrl)
    .int64(offset)
    .array(byConnector(rest.assigned), writeConnector)
    .array(byConnector(rest.revoked), writeConnector)
    .int32(rest.delay)
    .bytes()

/** Throws a `DataError` when the bytes are not what they should be. Bytes of later versions may be followed by more. */
export const decodeWorkerState = (bytes: Buffer): WorkerState =>
  decoded('a worker’s state', bytes, (from) => {
    checkVersion(from)
    const url = from.string('url')
    const offset = from.int64('config-offset')
    const allocation = from.isAtEnd() ? null : from.nullableBytes('allocation')
    return { url, offset, assignment: allocation ? decodeAssignment(allocation) : undefined }
  })

/** As `decodeWorkerState`. What Java leaves out at the end is empty. */
export const decodeAssignment = (bytes: Buffer): Assignment =>
  decoded('an assignment', bytes, (from) => {
    checkVersion(from)
    return {
      error: from.int16('error'),
      leader: from.string('leader'),
      leaderUrl: from.string('leader-url'),
      offset: from.int64('config-offset'),
      assigned: readWork(from, 'assignment'),
      revoked: readWork(from, 'revoked'),
      delay: from.isAtEnd() ? 0 : from.int32('delay'),
    }
  })

function decoded<T>(what: string, bytes: Buffer, read: (from: ByteReader) => T): T {
  try {
    return read(readBytes(bytes))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const message = `The ${bytes.length} bytes of ${what} in the group are not Kafka Connect’s: ${error.message}. All members of the group have to be workers of the same cluster.`
    throw new DataError(message, { cause: error })
  }
}

function checkVersion(from: ByteReader): void {
  const found = from.int16('version')
  if (found < 0) throw new RangeError(`version ${found} is unknown`)
}

type Entry = readonly [connector: string, tasks: readonly number[]]

function byConnector({ connectors, tasks }: Work): readonly Entry[] {
  const entries = new Map<string, number[]>()
  const add = (connector: string, task: number) => {
    const numbers = entries.get(connector)
    if (numbers) numbers.push(task)
    else entries.set(connector, [task])
  }
  for (const connector of new Set(connectors)) add(connector, connectorItself)
  for (const { connector, task } of tasks) add(connector, task)
  return [...entries]
}

const writeConnector = (to: ReturnType<typeof byteWriter>, [connector, tasks]: Entry): void => {
  to.string(connector).array(tasks, (each, task) => each.int32(task))
}

function readWork(from: ByteReader, field: string): Work {
  const entries = from.isAtEnd() ? [] : (from.nullableArray(field, readConnector) ?? [])
  return {
    connectors: entries.filter(([, tasks]) => tasks.includes(connectorItself)).map(([connector]) => connector),
    tasks: entries.flatMap(([connector, tasks]) =>
      tasks.filter((task) => task !== connectorItself).map((task) => ({ connector, task })),
    ),
  }
}

function readConnector(from: ByteReader): Entry {
  const connector = from.string('connector')
  const tasks = from.nullableArray('tasks', (each) => each.int32('task'))
  if (!tasks) throw new RangeError(`the tasks of connector ${connector} are null`)
  return [connector, tasks]
}
