import { once } from 'node:events'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Gateway } from '../../src/gateway/index.ts'

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string; readonly id?: number }

/** A client that asks one thing after the other. */
export interface AskingClient {
  readonly frames: readonly Frame[]
  /** The reply to a frame, which gets an id of its own. */
  ask(frame: object): Promise<Frame>
  /** A frame that comes unasked. */
  told(type: string, code: string): Promise<Frame>
  /** The close code. */
  closed(): Promise<number>
}

export async function openClient({ address }: Pick<Gateway, 'address'>, token?: string): Promise<AskingClient> {
  const frames: Frame[] = []
  const socket = new WebSocket(`${address.url.replace('http', 'ws')}/ws`)
  onTestFinished(() => socket.terminate())
  let code: number | undefined
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Frame))
  socket.on('close', (closed) => {
    code = closed
  })
  await once(socket, 'open')
  let last = 0
  const find = async (test: (frame: Frame) => boolean): Promise<Frame> => {
    await vi.waitFor(() => expect(frames.some(test)).toBe(true), { interval: 2, timeout: 20_000 })
    return frames.find(test) ?? { type: 'none' }
  }
  const client: AskingClient = {
    frames,
    ask(frame) {
      const id = last++
      socket.send(JSON.stringify({ ...frame, id }))
      return find((answer) => answer.id === id)
    },
    told: (type, of) => find((frame) => frame.type === type && frame['code'] === of),
    async closed() {
      await vi.waitFor(() => expect(code).toBeDefined(), { interval: 2, timeout: 20_000 })
      return code ?? 0
    },
  }
  await client.ask({ type: 'connect', ...(token === undefined ? {} : { token }) })
  return client
}
