import { WebSocket } from 'ws'

/** Subscribes and reads nothing any more; comes back when the gate has closed it. Answers how to end it. */
export function startDeafClient(url: string, localAddress: string, channel: string, againMs: number): () => void {
  let socket: WebSocket | undefined
  let timer: NodeJS.Timeout | undefined

  const open = (): void => {
    socket?.terminate()
    const fresh = new WebSocket(url, 'tidegate.v1', { localAddress, perMessageDeflate: false })
    socket = fresh
    fresh.on('error', () => undefined)
    fresh.on('open', () => fresh.send(JSON.stringify({ type: 'subscribe', id: 1, channel })))
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
