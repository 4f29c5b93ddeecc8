import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { packageRoot } from '../../src/cli/package-info.ts'
import { eventually } from '../support/eventually.ts'
import { killNaming, processesNaming } from '../support/processes.ts'

const anyPort = ['--port', '--rest-port', '--feed-port', '--kafka-port', '--registry-port'].flatMap((flag) => [
  flag,
  '0',
])

test('npm start shows the page’s address, buses flow to a client, and Ctrl-C leaves nothing behind', {
  timeout: 180_000,
}, async () => {
  const state = await mkdtemp(join(tmpdir(), 'tidegate-start-'))
  const run = npmStart(['--state', state, ...anyPort])
  onTestFinished(async () => {
    run.interrupt('SIGKILL')
    await killNaming(state)
    await rm(state, { recursive: true, force: true, maxRetries: 5 })
  })

  const page = await run.printed(/Buses on a map\s+(http:\S+)/)
  const rest = await run.printed(/Connectors\s+(http:\S+)/)
  const kafka = await run.printed(/Kafka\s+(127\.0\.0\.1:\d+)/)
  const registry = await run.printed(/Registry\s+(http:\S+)/)
  expect(await (await fetch(page)).text()).toContain('<canvas id="map"')
  const { feedUrl } = (await (await fetch(`${page}/config.json`)).json()) as { feedUrl: string }
  const states = Object.values((await (await fetch(rest)).json()) as Record<string, Expanded>)
  expect(states.map(({ status }) => status.connector.state)).toEqual(Array.from({ length: 5 }, () => 'RUNNING'))

  const frames = await listen(`${page.replace('http', 'ws')}/ws`, 'buses')
  const messages = () => frames.filter(({ type }) => type === 'message')
  await eventually(() => messages().length > 500, { what: '500 messages of buses' })
  expect(messages()[0]).toMatchObject({ channel: 'buses', data: { id: expect.any(String), lat: expect.any(Number) } })
  expect(new Set(messages().map(({ key }) => key)).size).toBeGreaterThan(140)

  const addresses = [page, rest, `http://${kafka}`, registry, feedUrl].map((url) => new URL(url))
  expect(await Promise.all(addresses.map(isOpen))).toEqual(addresses.map(() => true))
  expect((await processesNaming(state)).some(({ command }) => command.includes('start.js'))).toBe(
    process.platform === 'linux',
  )

  run.interrupt('SIGINT')
  // The shell that npm puts between waits for the program and then ends by the same signal; npm with it.
  expect([0, 'SIGINT']).toContain(await run.ended)
  expect(run.text()).toMatch(/Stopping …\s*$/)
  expect(await Promise.all(addresses.map(isOpen))).toEqual(addresses.map(() => false))
  // A watchdog of a server may outlive it by a moment.
  await eventually(async () => (await processesNaming(state)).length === 0, { timeoutMs: 3000 }).catch(() => undefined)
  expect(await processesNaming(state)).toEqual([])
})

interface Expanded {
  readonly status: { readonly connector: { readonly state: string } }
}

interface Frame {
  readonly type: string
  readonly key?: string
  readonly [field: string]: unknown
}

/** `npm start` as the leader of a process group: a signal reaches all of it, as Ctrl-C in a terminal does. */
function npmStart(args: readonly string[]) {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: packageRoot,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => code ?? signal)
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data))
  return {
    ended,
    text: () => text,
    interrupt(signal: NodeJS.Signals) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, signal)
    },
    /** The first group of what it has printed, as soon as it is there. */
    async printed(pattern: RegExp): Promise<string> {
      const found = await eventually(
        () => pattern.exec(text)?.[1] ?? (child.exitCode !== null && { failed: child.exitCode }),
        { timeoutMs: 120_000, what: `${pattern} in what npm start prints` },
      )
      if (typeof found !== 'string') throw new Error(`npm start ended with ${found.failed}:\n${text}`)
      return found
    },
  }
}

/** Every frame that a subscriber of the channel gets from now on. */
async function listen(url: string, channel: string): Promise<readonly Frame[]> {
  const socket = new WebSocket(url)
  onTestFinished(() => socket.terminate())
  const frames: Frame[] = []
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel }))
  return frames
}

async function isOpen({ hostname, port }: URL): Promise<boolean> {
  const socket = connectTcp(Number(port), hostname)
  try {
    return await new Promise<boolean>((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
  } finally {
    socket.destroy()
  }
}
