import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { AlreadyExistsError, ConflictError } from '#api'
import { ElsewhereError, type Herder } from '../../../src/herder/herder.ts'
import { startRest } from '../../../src/rest/index.ts'
import { createPeerClient } from '../../../src/util/peer-client.ts'
import { quietLog } from '../../support/quiet.ts'
import { memoryHerder } from './memory-herder.ts'

type Options = Partial<Parameters<typeof startRest>[0]>

/** A worker's REST on a loopback port, as it listens unless told otherwise. */
async function start(overrides: Partial<Herder>, options: Options = {}) {
  const peers = createPeerClient()
  const rest = await startRest({
    herder: memoryHerder(overrides),
    listeners: [{ protocol: 'http', host: '127.0.0.1', port: 0 }],
    log: quietLog,
    ready: () => true,
    peers,
    ...options,
  })
  onTestFinished(async () => {
    await rest.stop()
    peers.close()
  })
  return rest
}

const elsewhere = (url: string | undefined) => async () => {
  throw new ElsewhereError('The leader does it', { context: { url } })
}

async function send(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  })
  const text = await answer.text()
  return { status: answer.status, text, json: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined, answer }
}

const sink = { 'connector.class': 'MemorySink', topics: 'a', tokn: 'x' }
const rebalance = {
  status: 409,
  json: {
    error_code: 409,
    message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
  },
}

test('repeats a request at the leader and passes its answer on', async () => {
  const leader = await start({})
  const follower = await start({ putConnector: elsewhere(leader.url), deleteConnector: elsewhere(leader.url) })
  const made = await send('POST', `${follower.url}/connectors`, { name: 'a b', config: sink })
  expect(made).toMatchObject({ status: 201, json: { name: 'a b', type: 'sink' } })
  // The client goes on at the worker that it knows.
  expect(made.answer.headers.get('location')).toBe(`${follower.url}/connectors/a%20b`)
  expect(made.answer.headers.get('content-type')).toBe('application/json')
  expect(made.answer.headers.get('x-tidegate-warning')).toContain('tokn')
  expect(await send('GET', `${leader.url}/connectors/a%20b`)).toMatchObject({ status: 200 })
  expect(await send('DELETE', `${follower.url}/connectors/a%20b`)).toMatchObject({ status: 204, text: '' })
  expect(await send('GET', `${leader.url}/connectors/a%20b`)).toMatchObject({ status: 404 })
})

test('passes refusals of the leader on', async () => {
  const leader = await start({
    putConnector: async () => Promise.reject(new AlreadyExistsError('Connector a already exists')),
  })
  const follower = await start({ putConnector: elsewhere(leader.url) })
  expect(await send('POST', `${follower.url}/connectors`, { name: 'a', config: sink })).toMatchObject({
    status: 409,
    json: { error_code: 409, message: 'Connector a already exists' },
  })
})

test('finds who is in charge over two hops, with the query and the user of the request', async () => {
  const users = async () => new Map([['alice', 'secret']])
  const asked: unknown[] = []
  const memory = memoryHerder()
  const owner = await start(
    {
      restartConnector: async (name, options) => {
        asked.push({ name, options })
        return memory.restartConnector(name, options)
      },
      connectorState: memory.connectorState,
    },
    { users },
  )
  await memory.putConnector('x', { name: 'x', ...sink }, { replace: true })
  const leader = await start({ restartConnector: elsewhere(`${owner.url}/`) }, { users })
  const follower = await start({ restartConnector: elsewhere(`${leader.url}/`) }, { users })
  const path = '/connectors/x/restart?includeTasks=true&onlyFailed=false'
  const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
  expect(await send('POST', follower.url + path, undefined, { authorization })).toMatchObject({
    status: 202,
    json: { name: 'x', connector: { state: 'RESTARTING' } },
  })
  expect(asked).toEqual([{ name: 'x', options: { includeTasks: true, onlyFailed: false } }])
  expect(await send('POST', follower.url + path)).toMatchObject({ status: 401 })
})

test('ends after two hops when nobody is in charge', async () => {
  let [asked, url]: [number, string] = [0, '']
  const everybody = { deleteConnector: async () => (++asked, elsewhere(url)()) }
  ;({ url } = await start(everybody))
  expect(await send('DELETE', `${url}/connectors/x`)).toMatchObject(rebalance)
  expect(asked).toBe(3)
})

test('does not forward what is not to be forwarded', async () => {
  const follower = await start({ deleteConnector: elsewhere('http://127.0.0.1:1') })
  for (const query of ['forward=false', 'forward=FALSE', 'forward=no', 'a=b&forward=false'])
    expect(await send('DELETE', `${follower.url}/connectors/x?${query}`)).toMatchObject(rebalance)
})

test('says so when no leader is known', async () => {
  const worker = await start({ deleteConnector: elsewhere(undefined) })
  const message =
    'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.'
  for (const query of ['', '?forward=true'])
    expect(await send('DELETE', `${worker.url}/connectors/x${query}`)).toMatchObject({ status: 409, json: { message } })
})

test('says so when the leader cannot be reached, or hangs up', async () => {
  const hanging = await serve((request) => void request.socket.destroy())
  const closed = await serve(() => undefined)
  await closed.close()
  for (const { url } of [hanging, closed]) {
    const follower = await start({ deleteConnector: elsewhere(url) })
    expect(await send('DELETE', `${follower.url}/connectors/x`)).toMatchObject({
      status: 500,
      json: { message: expect.stringMatching(/^IO Error trying to forward REST request: ./) },
    })
  }
})

test('waits for a leader that does not answer no longer than for its own answer', async () => {
  const silent = await serve(() => undefined)
  const follower = await start({ deleteConnector: elsewhere(silent.url) }, { requestTimeoutMs: 50 })
  expect(await send('DELETE', `${follower.url}/connectors/x`)).toMatchObject({
    status: 500,
    json: { message: expect.stringMatching(/^Request timed out\./) },
  })
  await silent.idle()
})

test('uses a connection again, and a new one where the other side closed it', async () => {
  const sockets = new Set<object>()
  let asked = 0
  const leader = await serve((request, response) => {
    sockets.add(request.socket)
    request.resume()
    // The third request meets a connection that goes away under it.
    if (++asked === 3) request.socket.destroy()
    else response.writeHead(204).end()
  })
  const follower = await start({ deleteConnector: elsewhere(leader.url) })
  for (let round = 0; round < 3; round++)
    expect(await send('DELETE', `${follower.url}/connectors/x`)).toMatchObject({ status: 204 })
  expect({ asked, sockets: sockets.size }).toEqual({ asked: 4, sockets: 2 })
})

test('does not follow a leader that sends elsewhere', async () => {
  const leader = await serve((_, response) => void response.writeHead(302, { location: 'http://x' }).end())
  const follower = await start({ deleteConnector: elsewhere(leader.url) })
  expect(await send('DELETE', `${follower.url}/connectors/x`)).toMatchObject({
    status: 500,
    json: { message: 'Unexpected status code when handling forwarded request: 302' },
  })
})

test('does not take a conflict of its own for one of another worker', async () => {
  const worker = await start({ deleteConnector: async () => Promise.reject(new ConflictError('Stale')) })
  expect(await send('DELETE', `${worker.url}/connectors/x`)).toMatchObject({ status: 409, json: { message: 'Stale' } })
})

test('asks a worker by the name that it advertises, which its guard knows', async () => {
  const leader = await start({}, { advertised: { host: 'localhost' } })
  expect(leader.url).toContain('localhost')
  const follower = await start({ putConnector: elsewhere(leader.url) })
  expect(await send('PUT', `${follower.url}/connectors/x/config`, sink)).toMatchObject({ status: 201 })
})

/** A server that is no worker. */
async function serve(handler: RequestListener) {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let open = 0
  let emptied = (): void => undefined
  server.on('connection', (socket) => {
    open++
    socket.once('close', () => --open === 0 && emptied())
  })
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close,
    /** Resolves when no connection is left. */
    idle: async () => (open === 0 ? undefined : new Promise<void>((resolve) => (emptied = resolve))),
  }
}
