import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createInternalClient } from '../../../../src/herder/distributed/internal-client.ts'
import { createPeers, type PeersOptions } from '../../../../src/herder/distributed/peers.ts'
import type { Status } from '../../../../src/storage/index.ts'
import { createPeerClient } from '../../../../src/util/peer-client.ts'

const keys = {
  sign: (body: Buffer, port?: string) => ({
    'X-Connect-Authorization': `of ${port === undefined ? '' : `${port}: `}${body.toString()}`,
    'X-Connect-Request-Signature-Algorithm': 'HmacSHA256',
  }),
}

function signedClient() {
  const peers = createPeerClient()
  const client = createInternalClient({ keys, peers })
  return {
    ...client,
    close() {
      client.close()
      peers.close()
    },
  }
}

interface Asked {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Another worker, which answers what it is told to. */
async function otherWorker(answer: { status: number; body: string }) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    asked.push({
      line: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    })
    response.writeHead(answer.status).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = signedClient()
  onTestFinished(async () => {
    client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked, client }
}

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'not refused',
    (error: unknown) => error,
  )

test('asks another worker with a signature, and gives its answer back', async () => {
  const { url, asked, client } = await otherWorker({ status: 200, body: 'yes' })
  const body = Buffer.from('[]')
  const path = ['connectors', 'a b', 'tasks']
  expect((await client.send({ method: 'POST', url, path, body, contentType: 'application/json' })).toString()).toBe(
    'yes',
  )
  await client.send({ method: 'PUT', url: url.slice(0, -1), path: ['connectors', 'c', 'fence'] })
  expect(asked).toMatchObject([
    {
      line: 'POST /connectors/a%20b/tasks',
      body: '[]',
      headers: {
        'x-connect-authorization': 'of []',
        'x-connect-request-signature-algorithm': 'HmacSHA256',
        'content-type': 'application/json',
      },
    },
    { line: 'PUT /connectors/c/fence', body: '', headers: { 'x-connect-authorization': 'of' } },
  ])
})

test.each([
  [400, 'BAD_REQUEST'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [503, 'RETRIABLE'],
  [500, 'CONNECT_ERROR'],
])('takes a refusal with the status %i for %s, in its words', async (status, code) => {
  const { url, client } = await otherWorker({
    status,
    body: JSON.stringify({ error_code: status, message: 'because' }),
  })
  const error = await refusal(client.send({ method: 'PUT', url, path: [] }))
  expect(error).toMatchObject({ code, message: 'because', context: { url, status } })
})

test('says who refused without words', async () => {
  const { url, client } = await otherWorker({ status: 404, body: '<html>' })
  expect(await refusal(client.send({ method: 'PUT', url, path: [] }))).toMatchObject({
    message: `The worker at ${url} answered with the status 404.`,
  })
})

test('a worker that is not there may be asked again, and an end is heard', async () => {
  const client = signedClient()
  const path = ['internal']
  const away = await refusal(client.send({ method: 'POST', url: 'http://127.0.0.1:1/', path }))
  expect(away).toMatchObject({ retriable: true, message: expect.stringContaining('http://127.0.0.1:1/') })
  client.close()
  const closed = await refusal(client.send({ method: 'POST', url: 'http://127.0.0.1:1/', path }))
  expect(closed).toMatchObject({ retriable: true })
})

function peersOn(
  url: string,
  client: ReturnType<typeof signedClient>,
  status?: Partial<Status>,
  group?: ReturnType<PeersOptions['group']>,
) {
  const told = { state: 'RUNNING', workerId: 'there:8083', generation: 1, version: null, ...status } as const
  return createPeers({
    group: () => group,
    url: () => url,
    workerId: () => 'here:8083',
    statuses: { task: (connector) => (connector === 'c' ? told : undefined) },
    client,
  })
}

test('knows who runs a task by its status', () => {
  const client = signedClient()
  onTestFinished(() => client.close())
  const owner = (status: Partial<Status>) => peersOn('https://here:8083/', client, status).ownerOf('c', 0)
  expect(owner({})).toBe('https://there:8083/')
  expect(owner({ workerId: 'here:8083' })).toBe('https://here:8083/')
  expect(owner({ state: 'UNASSIGNED' })).toBeUndefined()
  expect(peersOn('https://here:8083/', client).ownerOf('other', 0)).toBeUndefined()
})

test('calls a port of this worker without a request, and one of another with it', async () => {
  const { url, asked, client } = await otherWorker({ status: 200, body: 'there' })
  const peers = peersOn('http://here:8083/', client)
  const { signal } = new AbortController()
  const body = Buffer.from('hello')
  const stop = peers.serve('lane/c d/0', async (heard) => Buffer.from(`here: ${heard.toString()}`))
  expect((await peers.call('http://here:8083/', 'lane/c d/0', body, signal)).toString()).toBe('here: hello')
  expect((await peers.answer('lane/c d/0', body)).toString()).toBe('here: hello')
  expect((await peers.call(url, 'lane/c d/0', body, signal)).toString()).toBe('there')
  expect(asked).toMatchObject([
    {
      line: 'POST /internal/lane/c%20d/0',
      body: 'hello',
      headers: { 'x-connect-authorization': 'of lane/c d/0: hello' },
    },
  ])
  stop()
  expect(await refusal(peers.call('http://here:8083/', 'lane/c d/0', body, signal))).toMatchObject({ retriable: true })
  expect(await refusal(peers.answer('lane/c d/0', body))).toMatchObject({ status: 404 })
})

test('a port that nobody serves on the other worker may be called again, and a successor keeps its port', async () => {
  const { url, client } = await otherWorker({ status: 404, body: '{}' })
  const peers = peersOn('http://here:8083/', client)
  const { signal } = new AbortController()
  expect(await refusal(peers.call(url, 'lane/c/0', Buffer.alloc(0), signal))).toMatchObject({
    retriable: true,
    message: expect.stringContaining('lane/c/0'),
  })
  const stopFirst = peers.serve('p', async () => Buffer.from('first'))
  peers.serve('p', async () => Buffer.from('second'))
  stopFirst()
  expect((await peers.answer('p', Buffer.alloc(0))).toString()).toBe('second')
})

test('knows the other workers by the word of the leader, asked once for each generation', async () => {
  const { url, asked, client } = await otherWorker({ status: 200, body: '["http://here:8083/","http://there:8083/"]' })
  const member = { generation: 1, leader: url as string | undefined }
  const group = { generation: () => member.generation, leaderUrl: () => member.leader, workerUrls: () => undefined }
  const peers = peersOn('http://here:8083/', client, {}, group)
  const { signal } = new AbortController()
  expect(await peers.others(signal)).toEqual(['http://there:8083/'])
  expect(await peers.others(signal)).toEqual(['http://there:8083/'])
  expect(asked.map(({ line }) => line)).toEqual(['POST /internal/workers'])
  Object.assign(member, { generation: 2 })
  await peers.others(signal)
  expect(asked).toHaveLength(2)
  // During a rebalance, and while the leader does not answer, the last word holds.
  Object.assign(member, { generation: 3, leader: undefined })
  expect(await peers.others(signal)).toEqual(['http://there:8083/'])
  member.leader = 'http://127.0.0.1:1/'
  expect(await peers.others(signal)).toEqual(['http://there:8083/'])
  expect(await refusal(peersOn('http://here:8083/', client, {}, group).others(signal))).toMatchObject({
    retriable: true,
  })
})

test('a leader tells who is in the cluster, and another worker that it does not know', async () => {
  const client = signedClient()
  onTestFinished(() => client.close())
  const url = 'http://here:8083/'
  const leads = { generation: () => 1, leaderUrl: () => url, workerUrls: () => [url, 'http://there:8083/'] }
  const { signal } = new AbortController()
  expect(await peersOn(url, client, {}, leads).others(signal)).toEqual(['http://there:8083/'])
  const follows = peersOn(url, client, {}, { ...leads, workerUrls: () => undefined })
  expect(await refusal(follows.answer('workers', Buffer.alloc(0)))).toMatchObject({ status: 404 })
})
