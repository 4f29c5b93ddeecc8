import type { Socket } from 'node:net'
import { clientFrame, kinds } from '../frames.ts'
import { subscribeText } from '../messages.ts'
import { serveCommands } from '../program.ts'
import { openRawClient } from '../raw-client.ts'

// Many clients that subscribe, count the messages that they get and throw them away.
const counts: number[] = []
const sockets: Socket[] = []
const pong = clientFrame('{"type":"pong"}')
let total = 0
let target = Number.POSITIVE_INFINITY
let reached: (() => void) | undefined
let failed: ((error: Error) => void) | undefined
let failure: Error | undefined

serveCommands({ connect, received, stayAwake })

/** Connects and subscribes `clients` more, a hundred at a time. */
async function connect({ port, clients }: { readonly port: number; readonly clients: number }): Promise<void> {
  for (let left = clients; left > 0; left -= 100) {
    await Promise.all(Array.from({ length: Math.min(left, 100) }, () => subscribe(port)))
  }
}

/**
 * Polls the sockets without ever sleeping. Otherwise most of the server's writes would have to wake this process, or none, as chance
 * has it: 2 µs that are none of the server's when its clients are on other machines.
 */
async function stayAwake(): Promise<void> {
  setImmediate(function poll() {
    setImmediate(poll)
  })
}

function subscribe(port: number): Promise<void> {
  const place = counts.push(0) - 1
  return new Promise((resolve, reject) => {
    openRawClient({
      port,
      onOpen(socket) {
        sockets.push(socket)
        socket.write(clientFrame(subscribeText))
      },
      onFrame(kind, socket) {
        if (kind === kinds.message) {
          counts[place] = (counts[place] ?? 0) + 1
          if (++total === target) reached?.()
        } else if (kind === kinds.subscribed) resolve()
        else if (kind === kinds.ping) socket.write(pong)
        else if (kind === kinds.error) reject(new Error('A subscription was refused.'))
      },
      onEnd(reason) {
        const error = new Error(`A client lost its connection: ${reason}`)
        failure ??= error
        reject(error)
        failed?.(error)
      },
    })
  })
}

/** Waits until every client has got `each` messages since the start; rejects when one got more or fewer than the others. */
async function received({ each }: { readonly each: number }): Promise<number> {
  if (failure) throw failure
  const wanted = each * counts.length
  if (total < wanted) {
    await new Promise<void>((resolve, reject) => {
      target = wanted
      reached = resolve
      failed = reject
    })
  }
  const wrong = counts.filter((count) => count !== each).length
  if (wrong > 0) throw new Error(`${wrong} of ${counts.length} clients did not get exactly ${each} messages.`)
  return total
}
