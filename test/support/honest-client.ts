import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Gateway } from '../../src/gateway/index.ts'

/** Follows a channel whose messages are `{n}` with n counting up, and publishes for each tenth. */
export interface HonestClient {
  /** The n of the message that has to come next. */
  next(): number
  messages(): number
  /** Publications that were acknowledged, and those that were not yet. */
  published(): number
  unanswered(): number
  /** Whatever an honest client should not see. */
  findings(): readonly string[]
  position(): string
}

export interface HonestOptions {
  readonly channel: string
  readonly publishes: string
  /** Continues where this one stands. */
  readonly after?: HonestClient | undefined
}

const everyTenth = 10

export async function honestClient(
  { address }: Pick<Gateway, 'address'>,
  { channel, publishes, after }: HonestOptions,
): Promise<HonestClient> {
  const socket = new WebSocket(`${address.url.replace('http', 'ws')}/ws`)
  onTestFinished(() => socket.terminate())
  const findings: string[] = []
  const from = after?.position()
  let next = after?.next()
  let [messages, asked, published] = [0, 0, 0]
  let [epoch, cursor] = ['', '']
  const tell = (position: unknown): void => {
    const text = String(position)
    const dot = text.indexOf('.')
    if (dot > 0) epoch = text.slice(0, dot)
    cursor = text.slice(dot)
  }
  const handle: Readonly<Record<string, (frame: Record<string, unknown>) => void>> = {
    connected: () => undefined,
    subscribed({ position, recovered }) {
      tell(position)
      if (recovered !== (after ? true : null)) findings.push(`recovered is ${String(recovered)}`)
    },
    position: ({ position }) => tell(position),
    live: ({ position }) => tell(position),
    message({ data, position }) {
      const { n } = data as { n: number }
      if (n !== (next ?? n)) findings.push(`${n} came instead of ${next}`)
      next = n + 1
      if (position !== undefined) tell(position)
      if (messages++ % everyTenth === 0)
        socket.send(JSON.stringify({ type: 'publish', id: 1000 + asked++, channel: publishes, data: 10 }))
    },
    published: () => void published++,
    ping: () => socket.send('{"type":"pong"}'),
  }
  socket.on('message', (data) => {
    const frame = JSON.parse((data as Buffer).toString()) as Record<string, unknown> & { readonly type: string }
    const take = handle[frame.type]
    if (take) take(frame)
    else findings.push(JSON.stringify(frame))
  })
  socket.on('close', (code) => findings.push(`closed with ${code}`))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel, ...(from === undefined ? {} : { position: from }) }))
  return {
    next: () => next ?? -1,
    messages: () => messages,
    published: () => published,
    unanswered: () => asked - published,
    findings: () => findings,
    position: () => epoch + cursor,
  }
}
