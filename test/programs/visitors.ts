import { WebSocket } from 'ws'

/** One connection that says who it is and what it wants; it stays open when it is let in. */
export interface Visit {
  readonly url: string
  readonly address: string
  readonly token?: string
  /** Subscribed to, when it is let in. */
  readonly channel?: string
}

export interface Visitor {
  readonly name: string
  /** `in`, or the code of the refusal. */
  readonly answer: string
}

interface Staying {
  readonly frames: Frame[]
  closed: number | undefined
}

type Frame = Readonly<Record<string, unknown>>

const staying = new Map<string, Staying>()

export async function knock({ url, address, token, channel }: Visit): Promise<Visitor> {
  const socket = new WebSocket(url, 'tidegate.v1', { localAddress: address })
  const name = `visitor ${staying.size}`
  const visit: Staying = { frames: [], closed: undefined }
  staying.set(name, visit)
  return new Promise((resolve) => {
    const answer = (said: unknown): void => resolve({ name, answer: String(said) })
    socket.on('error', (error) => answer(error.message))
    socket.on('unexpected-response', (_, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => answer((JSON.parse(Buffer.concat(chunks).toString()) as Frame)['code']))
    })
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connect', id: 1, ...(token ? { token } : {}) })))
    socket.on('close', (code) => {
      visit.closed = code
    })
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame
      if (frame['type'] === 'ping') socket.send('{"type":"pong"}')
      if (frame['type'] !== 'message') visit.frames.push(frame)
      if (frame['type'] === 'error') answer(frame['code'])
      if (frame['type'] === 'connected' && channel !== undefined)
        socket.send(JSON.stringify({ type: 'subscribe', id: 2, channel }))
      if (frame['type'] === (channel === undefined ? 'connected' : 'subscribed')) answer('in')
    })
  })
}

/** What has become of it: its close code, or what its last subscription ended with, or `in`. */
export async function stay({ name }: { readonly name: string }): Promise<string> {
  const { frames, closed } = staying.get(name) ?? { frames: [], closed: 0 }
  if (closed !== undefined) return String(closed)
  const code = frames.findLast(({ type }) => type === 'unsubscribed')?.['code']
  return typeof code === 'string' ? code : 'in'
}
