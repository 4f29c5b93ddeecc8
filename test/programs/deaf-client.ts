import { WebSocket } from 'ws'

export interface DeafPlan {
  readonly url: string
  readonly localAddress: string
  readonly channels: readonly string[]
  readonly againMs: number
}

/** Subscribes to all of the channels and reads nothing any more; comes back after a while. Answers how to end it. */
export function startDeafClient({ url, localAddress, channels, againMs }: DeafPlan): () => void {
  let socket: WebSocket | undefined
  let timer: NodeJS.Timeout | undefined

  const open = (): void => {
    socket?.terminate()
    const fresh = new WebSocket(url, 'tidegate.v1', { localAddress, perMessageDeflate: false })
    socket = fresh
    fresh.on('error', () => undefined)
    fresh.on('open', () => {
      for (const [index, channel] of channels.entries())
        fresh.send(JSON.stringify({ type: 'subscribe', id: index + 1, channel }))
    })
    fresh.on('message', (data: Buffer) => {
      if ((JSON.parse(data.toString()) as { readonly type: string }).type === 'subscribed') fresh.pause()
    })
    // A socket that is not read does not tell its end: it is made anew all the same.
    timer = setTimeout(open, againMs)
  }
  open()
  return () => {
    clearTimeout(timer)
    socket?.terminate()
  }
}
