import type { Outcome } from '../common/batch-sink.ts'

/**
 * Sends messages over a number of lanes: those of one lane one group after the other, the lanes beside each other. A lane stops at the first
 * group that failed, so no message overtakes another of its lane. `laneOf` says which: all with one key have one.
 */
export async function sendInLanes<M>(
  messages: readonly M[],
  options: {
    readonly lanes: number
    /** The most messages of a group. */
    readonly groupSize: number
    laneOf(message: M): number
    /** Whether a message may be in one group with those before it. */
    goesWith(message: M, first: M): boolean
    send(group: readonly M[]): Promise<Outcome>
  },
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = messages.map(() => undefined)
  const lanes = new Map<number, number[]>()
  for (const [index, message] of messages.entries()) {
    const lane = options.laneOf(message) % options.lanes
    const waiting = lanes.get(lane)
    if (waiting) waiting.push(index)
    else lanes.set(lane, [index])
  }

  const groupAt = (indexes: readonly number[], from: number, size: number): readonly number[] => {
    const first = messages[indexes[from] ?? 0] as M
    let to = from + 1
    while (to < Math.min(indexes.length, from + size) && options.goesWith(messages[indexes[to] ?? 0] as M, first)) to++
    return indexes.slice(from, to)
  }

  /** A group that is refused goes once more one by one, so that only what is at fault is left out. */
  const sendGroup = async (indexes: readonly number[]): Promise<Outcome> => {
    const outcome = await options.send(indexes.map((index) => messages[index] as M))
    if (outcome && 'refused' in outcome && indexes.length > 1) return sendLane(indexes, 1)
    for (const index of indexes) outcomes[index] = outcome
    return outcome
  }

  /** Resolves with why it stopped; undefined when it came to the end. */
  const sendLane = async (indexes: readonly number[], groupSize: number): Promise<Outcome> => {
    for (let from = 0; from < indexes.length; ) {
      const group = groupAt(indexes, from, groupSize)
      const outcome = await sendGroup(group)
      if (outcome && 'failed' in outcome) {
        for (const index of indexes.slice(from)) outcomes[index] = outcome
        return outcome
      }
      from += group.length
    }
    return undefined
  }
  await Promise.all([...lanes.values()].map((indexes) => sendLane(indexes, options.groupSize)))
  return outcomes
}
