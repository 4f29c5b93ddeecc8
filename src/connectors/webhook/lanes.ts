import type { Outcome } from '../common/batch-sink.ts'

export interface LaneOptions<M> {
  /** All messages of one key have one lane. */
  laneOf(message: M): number
  /** Cuts the messages of a lane into those that go together. */
  cut(messages: readonly M[]): readonly (readonly M[])[]
  send(group: readonly M[]): Promise<Outcome>
  /** Whether one message that is refused stops all lanes. */
  readonly stopsAtRefusal: boolean
  /** Asked after each group: whether what is left is for another time. */
  isLate(): boolean
}

/**
 * Sends messages over lanes: those of one lane one group after the other, the lanes beside each other. A lane stops at the first group that
 * failed, so no message overtakes another of its lane. Of a group that is refused its halves are sent, so that only what is at fault is left
 * out. When it is late all lanes stop, each after one message at least. Resolves with the outcome of each message, in their order.
 */
export async function sendInLanes<M extends object>(
  messages: readonly M[],
  { laneOf, cut, send, stopsAtRefusal, isLate }: LaneOptions<M>,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<M, Outcome>()
  /** Why no lane goes on. */
  let halted: Outcome

  /** Resolves with why it stopped; undefined when it came to the end. */
  const sendGroups = async (groups: readonly (readonly M[])[]): Promise<Outcome> => {
    let stopped: Outcome
    for (const group of groups) {
      const outcome: Outcome = stopped ?? halted ?? (await send(group))
      if (outcome && 'refused' in outcome && group.length > 1) {
        const half = Math.ceil(group.length / 2)
        stopped = await sendGroups([group.slice(0, half), group.slice(half)])
        continue
      }
      for (const message of group) outcomes.set(message, outcome)
      if (outcome && 'failed' in outcome) stopped = outcome
      else if (outcome && stopsAtRefusal) halted ??= { failed: new Error('a record was refused') }
      else if (isLate()) halted ??= { failed: new Error('the worker gets its turn') }
    }
    return stopped
  }

  const lanes = new Map<number, M[]>()
  for (const message of messages) {
    const lane = lanes.get(laneOf(message))
    if (lane) lane.push(message)
    else lanes.set(laneOf(message), [message])
  }
  await Promise.all([...lanes.values()].map((lane) => sendGroups(cut(lane))))
  return messages.map((message) => outcomes.get(message))
}
