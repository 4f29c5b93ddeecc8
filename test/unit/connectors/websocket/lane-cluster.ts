import { onTestFinished } from 'vitest'
import { type Props, RetriableError, type SourceRecord } from '#api'
import { webSocketServerSource } from '../../../../src/connectors/websocket/server-source.ts'
import { systemClock } from '../../../../src/util/clock.ts'
import { memoryGateway } from '../../../support/memory-gateway.ts'
import { quietLog } from '../../../support/quiet.ts'

type Offset = Readonly<Record<string, unknown>>
type Handle = (body: Buffer) => Promise<Buffer>

export interface ClusterOptions {
  readonly props?: Props
  /** Where lanes are configured otherwise than doors. */
  readonly laneProps?: Props
  readonly doors?: number
  /** What an earlier cluster has stored. */
  readonly offsets?: ReadonlyMap<string, Offset>
  /** From 0 (inclusive) to 1. */
  readonly random?: () => number
  /** How often a call or its answer is lost, and how often a lane crashes at a transaction: 0 to 1. */
  readonly trouble?: number
  /** What a lane is told to be stored when it starts; the default is what is. */
  readonly list?: (
    stored: readonly { partition: Offset; offset: Offset }[],
  ) => readonly { partition: Offset; offset: Offset }[]
}

/** Time runs fifty times as fast. */
const speed = 50
const startedAt = Date.now()
const clock = {
  now: () => startedAt + Math.round((Date.now() - startedAt) * speed),
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / speed, signal),
}

/** Doors and lanes in one process: each transaction is in the log whole or not at all, together with its offsets. */
export async function startLaneCluster({
  props: more,
  laneProps,
  doors = 2,
  random = () => 1,
  trouble = 0,
  list,
  offsets: earlier,
}: ClusterOptions = {}) {
  const props = { channels: 'report:*', topic: 'reports', 'ingress.lanes': '2', 'ingress.stall.ms': '1000', ...more }
  const config = webSocketServerSource.config.parse(props)
  const log: SourceRecord[] = []
  const offsets = new Map(earlier)
  const handles = new Map<number, Handle>()
  const doorHandles = new Map<string, Handle>()
  const ending = new AbortController()
  const base = { connector: 'reports', config, props, log: quietLog, clock, report: () => undefined }
  const schemas = { valueSchema: async () => undefined, keySchema: async () => undefined }
  const happens = (): boolean => random() < trouble
  const lost = (): never => {
    throw new RetriableError('lost')
  }
  let crashes = 0

  /** A lane's life ends before or after a commit, or goes on. */
  const runLane = async (task: number, life: AbortController): Promise<void> => {
    const stored = [...offsets].map(([partition, offset]) => ({ partition: JSON.parse(partition) as Offset, offset }))
    const running = await webSocketServerSource.startTask({
      ...base,
      config: webSocketServerSource.config.parse({ ...props, ...laneProps }),
      ...schemas,
      task,
      signal: life.signal,
      offsets: {
        offset: async (partition) => offsets.get(JSON.stringify(partition)),
        list: async () => list?.(stored) ?? stored,
      },
      lane: {
        serve: (handle) => void handles.set(task, handle),
        callDoor: async (url, body) => (await doorHandles.get(url)?.(body)) ?? lost(),
      },
    })
    try {
      while (!life.signal.aborted) {
        const records = await running.poll()
        if (records.length === 0) continue
        if (happens()) return
        for (const record of records) {
          log.push(record)
          if (Object.keys(record.sourceOffset).length > 0)
            offsets.set(JSON.stringify(record.sourcePartition), record.sourceOffset)
        }
        if (happens()) return
        for (const record of records) running.commitRecord?.(record, { topic: record.topic, partition: 0, offset: 0n })
      }
    } finally {
      crashes++
      handles.delete(task)
      await running.stop?.()
    }
  }
  const lives = new Map<number, AbortController>()
  let down = new AbortController()
  down.abort()
  const keepLane = async (task: number): Promise<void> => {
    while (!ending.signal.aborted) {
      await clock.sleep(3_600_000, AbortSignal.any([down.signal, ending.signal]))
      const life = new AbortController()
      lives.set(task, life)
      await runLane(task, life)
      await clock.sleep(100 * random(), ending.signal)
    }
  }
  const lanes = Array.from({ length: config['ingress.lanes'] }, (_, task) => keepLane(task))

  const opened = await Promise.all(
    Array.from({ length: doors }, async (_, at) => {
      const gateway = memoryGateway()
      const url = `http://w${at}/`
      const door = await webSocketServerSource.lanes?.startDoor({
        ...base,
        ...schemas,
        gateway: gateway.port,
        signal: ending.signal,
        url,
        serve: (handle) => void doorHandles.set(url, handle),
        async callTask(task, body) {
          const handle = handles.get(task)
          if (!handle || happens()) return lost()
          const answer = await handle(body)
          return happens() ? lost() : answer
        },
      })
      return { gateway, door }
    }),
  )
  onTestFinished(async () => {
    ending.abort()
    for (const life of lives.values()) life.abort()
    await Promise.all([...lanes, ...opened.map(({ door }) => door?.stop())])
  })
  return {
    doors: opened.map(({ gateway }) => gateway),
    /** The producer's ids in the order in which they were stored. */
    stored: (partition: Offset): number[] =>
      log
        .filter(({ sourcePartition }) => JSON.stringify(sourcePartition) === JSON.stringify(partition))
        .map(({ value }) => (value as { n: number }).n),
    log,
    offsets,
    crashes: () => crashes,
    clock,
    /** Ends the lanes; they come back when what it returns is called. */
    stopLanes(): () => void {
      down = new AbortController()
      for (const life of lives.values()) life.abort()
      return () => down.abort()
    },
  }
}
