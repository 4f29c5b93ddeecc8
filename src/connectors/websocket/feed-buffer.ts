/** One message of a feed. */
export interface FeedMessage {
  readonly data: Buffer
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

/** What a message costs beside its bytes, so that empty ones are bounded too. */
const overhead = 100

/** Messages that came and were not yet taken; it says when to stop reading, and when to go on. */
export function createFeedBuffer(maxBytes: number) {
  const messages: FeedMessage[] = []
  let first = 0
  let bytes = 0
  return {
    push(message: FeedMessage): void {
      messages.push(message)
      bytes += message.data.length + overhead
    },
    /** The oldest message. */
    peek: (): FeedMessage | undefined => messages[first],
    /** Drops the oldest message. */
    shift(): void {
      const message = messages[first]
      if (!message) return
      bytes -= message.data.length + overhead
      first++
      if (first < messages.length && first < 1000) return
      messages.splice(0, first)
      first = 0
    },
    newestFirst: (): readonly FeedMessage[] => messages.slice(first).toReversed(),
    isFull: (): boolean => bytes >= maxBytes,
    isLow: (): boolean => bytes <= maxBytes / 2,
    bytes: (): number => bytes,
  }
}
