import type { WebSocketConstructor } from '../../../src/client/index.ts'

type Frame = Readonly<Record<string, unknown>>
type Listener = (event: never) => void

/**
 * A gate with one channel of numbered messages, in this process and without time: it sends when it is told, as many as it is told, and
 * keeps to positions and windows as a gate does. Number `n` stands at `e<n / 5>.<n>`, so that epochs change under way.
 */
export interface ModelGate {
  readonly WebSocket: WebSocketConstructor
  /** Adds to the log. */
  write(count: number): void
  /** Sends up to so many frames of what is due. */
  send(count: number): void
  /** Breaks the connection, whatever is under way. */
  cut(): void
  /** All that is written was sent on the open connection. */
  readonly isDone: boolean
  readonly written: number
}

export function modelGate(): ModelGate {
  let written = 0
  let socket: { readonly emit: (type: string, event: object) => void } | undefined
  let subscription: { id: number; sent: number; acked: number; window: number; liveAt: number | undefined } | undefined
  let due: Frame[] = []

  const epoch = (n: number): string => `e${Math.floor(n / 5)}`
  const position = (n: number): string => `${epoch(n)}.${n}`
  const numberOf = (text: unknown): number => Number(String(text).split('.')[1])
  const tell = (frame: Frame): void => socket?.emit('message', { data: JSON.stringify(frame) })

  function take(frame: Frame): void {
    const { type, id } = frame
    if (type === 'connect') due.push({ type: 'connected', id, client: 'c', session: 's' })
    if (type === 'ack' && subscription) subscription.acked = Math.max(subscription.acked, numberOf(frame['position']))
    if (type !== 'subscribe') return
    const given = frame['position'] === undefined ? 0 : numberOf(frame['position'])
    const window = frame['window'] as number | undefined
    const again = window !== undefined && frame['position'] !== undefined && given < written ? { again: true } : {}
    due.push({
      type: 'subscribed',
      id,
      channel: 'c',
      position: position(given),
      recovered: frame['position'] === undefined ? null : true,
      ...again,
    })
    subscription = {
      id: id as number,
      sent: given,
      acked: given,
      window: window ?? Number.POSITIVE_INFINITY,
      liveAt: again.again ? written : undefined,
    }
  }

  /** False when nothing is due, or the window is full. */
  function step(): boolean {
    const first = due.shift()
    if (first) {
      tell(first)
      return true
    }
    if (!subscription) return false
    const { id, sent, acked, window, liveAt } = subscription
    if (sent === liveAt) {
      subscription.liveAt = undefined
      tell({ type: 'live', subscription: id, position: position(sent) })
      return true
    }
    if (sent >= written || sent - acked >= window) return false
    const next = ++subscription.sent
    if (epoch(next) !== epoch(next - 1))
      tell({ type: 'position', channel: 'c', position: `${epoch(next)}.${next - 1}` })
    if (socket) tell({ type: 'message', channel: 'c', data: next, position: `.${next}` })
    return true
  }

  class ModelSocket {
    readonly #listeners = new Map<string, Listener[]>()

    constructor() {
      due = []
      subscription = undefined
      socket = {
        emit: (type, event) => {
          for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
        },
      }
    }
    addEventListener(type: string, listener: Listener): void {
      this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
      if (type === 'close') queueMicrotask(() => socket?.emit('open', {}))
    }
    send(text: string): void {
      take(JSON.parse(text) as Frame)
    }
    close(): void {
      socket = undefined
    }
  }

  return {
    WebSocket: ModelSocket,
    write(count) {
      written += count
    },
    send(count) {
      for (let left = count; left > 0 && step(); left--);
    },
    cut() {
      const broken = socket
      socket = undefined
      due = []
      subscription = undefined
      broken?.emit('close', { code: 1006 })
    },
    get isDone() {
      return due.length === 0 && subscription !== undefined && subscription.sent === written
    },
    get written() {
      return written
    },
  }
}
