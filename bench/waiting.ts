import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { subscribeText } from './messages.ts'

/** How often (ms) a door is tried. */
const everyMs = 5

/** Resolves when the address answers with 200. */
export async function firstAnswer(url: string, signal: AbortSignal): Promise<void> {
  while (!(await answers(url))) {
    signal.throwIfAborted()
    await sleep(everyMs)
  }
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    }).once('error', () => resolve(false))
  })

/** Resolves when a client that subscribes as soon as it is let in has got a message. */
export async function firstMessage(url: string, signal: AbortSignal): Promise<void> {
  while (!(await getsMessage(url, signal))) {
    signal.throwIfAborted()
    await sleep(everyMs)
  }
}

function getsMessage(url: string, signal: AbortSignal): Promise<boolean> {
  const client = new WebSocket(url)
  return new Promise<boolean>((resolve) => {
    const giveUp = () => end(false)
    const end = (got: boolean) => {
      signal.removeEventListener('abort', giveUp)
      resolve(got)
      client.terminate()
    }
    signal.addEventListener('abort', giveUp)
    client.once('open', () => client.send(subscribeText))
    client.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString()) as { type: string }
      if (type === 'message' || type === 'error') end(type === 'message')
    })
    client.on('error', giveUp)
    client.once('close', giveUp)
  })
}
