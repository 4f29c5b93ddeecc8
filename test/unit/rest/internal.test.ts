import { expect, test } from 'vitest'
import { BadRequestError, ConnectError, ForbiddenError, RetriableError } from '#api'
import { ElsewhereError, type InternalRequests } from '../../../src/herder/herder.ts'
import type { PeerRequest } from '../../../src/util/peer-client.ts'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const signed = { 'x-connect-authorization': 'c2lnbmF0dXJl', 'x-connect-request-signature-algorithm': 'HmacSHA256' }
const octets = { 'content-type': 'application/octet-stream' }

function setUp(overrides: Partial<InternalRequests> = {}) {
  const calls: unknown[] = []
  const internal: InternalRequests = {
    verify: (body, headers, ...port) =>
      void calls.push(['verify', body.toString('latin1'), headers, ...port.filter((each) => each !== undefined)]),
    putTasks: async (...given) => void calls.push(['putTasks', ...given]),
    fence: async (...given) => void calls.push(['fence', ...given]),
    call: async (port, body) => {
      calls.push(['call', port])
      return Buffer.from(body.toReversed())
    },
    ...overrides,
  }
  // Clients' passwords are not for workers.
  return { rest: restClient(memoryHerder({ internal }), { users: async () => new Map([['a', 'b']]) }), calls }
}

const known = ['verify', '[{"a":1.0,"b":null}]', { authorization: 'c2lnbmF0dXJl', algorithm: 'HmacSHA256' }]

test('the tasks of a connector are verified, then written', async () => {
  const { rest, calls } = setUp()
  const answer = await rest.send('POST', '/connectors/a%20b/tasks', '[{"a":1.0,"b":null}]', signed)
  expect(answer).toMatchObject({ status: 204, text: '' })
  expect(calls).toEqual([known, ['putTasks', 'a b', [{ a: '1.0' }]]])
})

test('a fence is verified by its empty body', async () => {
  const { rest, calls } = setUp()
  expect(await rest.send('PUT', '/connectors/x/fence', undefined, signed)).toMatchObject({ status: 204 })
  expect(calls).toEqual([
    ['verify', '', known[2]],
    ['fence', 'x'],
  ])
})

test('bytes reach the port that the rest of the path names, and its answer comes back', async () => {
  const { rest, calls } = setUp()
  const body = Buffer.from([0, 255, 10])
  const answer = await rest.send('POST', '/internal/lane/orders/3', body, { ...signed, ...octets })
  expect(answer).toMatchObject({ status: 200, headers: octets })
  expect(answer.headers['content-length']).toBe('3')
  expect(calls).toEqual([
    ['verify', '\0\u00ff\n', known[2], 'lane/orders/3'],
    ['call', 'lane/orders/3'],
  ])
})

test('takes 8 MiB and no more', async () => {
  const { rest } = setUp({ call: async (_, body) => Buffer.from(String(body.length)) })
  const most = 8 * 1024 * 1024
  const send = async (size: number) => rest.send('POST', '/internal/p', Buffer.alloc(size), { ...signed, ...octets })
  expect(await send(most)).toMatchObject({ status: 200, text: String(most) })
  expect(await send(most + 1)).toMatchObject(refusal(413, /limit of 8388608 bytes/))
})

test('bytes and JSON are each taken where they belong', async () => {
  const { rest } = setUp()
  expect(await rest.send('POST', '/internal/p', '{}', signed)).toMatchObject({ status: 415 })
  expect(await rest.send('POST', '/connectors/x/tasks', '[]', { ...signed, ...octets })).toMatchObject({ status: 415 })
})

test.each([
  [400, new BadRequestError('Internal request missing required signature')],
  [403, new ForbiddenError('Internal request contained invalid signature.')],
])('%i for what is not signed well, before it is read', async (status, error) => {
  const { rest, calls } = setUp({
    verify: () => {
      throw error
    },
  })
  const refused = refusal(status, error.message)
  expect(await rest.send('POST', '/connectors/x/tasks', 'no json')).toMatchObject(refused)
  expect(await rest.send('PUT', '/connectors/x/fence')).toMatchObject(refused)
  expect(await rest.send('POST', '/internal/p', Buffer.alloc(1), octets)).toMatchObject(refused)
  expect(calls).toEqual([])
})

test('tasks that are none are refused', async () => {
  const { rest, calls } = setUp()
  for (const [body, what] of [
    ['{}', /send a JSON array/],
    ['[1]', /the configuration of task 0/],
    ['[{"a":{}}]', /"a" is an object/],
  ] as const)
    expect(await rest.send('POST', '/connectors/x/tasks', body, signed)).toMatchObject(refusal(400, what))
  expect(calls.filter((call) => Array.isArray(call) && call[0] === 'putTasks')).toEqual([])
})

test('a failure of a port is that of the request', async () => {
  const { rest } = setUp({ call: async () => Promise.reject(new RetriableError('Nobody serves p here')) })
  const answer = await rest.send('POST', '/internal/p', Buffer.alloc(1), { ...signed, ...octets })
  expect(answer).toMatchObject(refusal(500, /Nobody serves p here/))
})

test('a request for the leader keeps its signature on the way to it', async () => {
  const requests: PeerRequest[] = []
  const peers = {
    request: async (request: PeerRequest) => {
      requests.push(request)
      return { status: 204, headers: {}, body: Buffer.alloc(0) }
    },
    close: () => undefined,
  }
  const internal: InternalRequests = {
    verify: () => undefined,
    putTasks: async () => Promise.reject(new ElsewhereError('x', { context: { url: 'http://leader:8083/' } })),
    fence: async () => undefined,
    call: async () => Buffer.alloc(0),
  }
  const rest = restClient(memoryHerder({ internal }), { peers })
  expect(await rest.send('POST', '/connectors/x/tasks', '[]', signed)).toMatchObject({ status: 204 })
  expect(requests).toMatchObject([
    { method: 'POST', url: 'http://leader:8083/', path: '/connectors/x/tasks?forward=true', body: Buffer.from('[]') },
  ])
  expect(requests[0]?.headers).toEqual({ ...signed, 'content-type': 'application/json' })
})

test('a standalone worker has no other workers', async () => {
  const rest = restClient(memoryHerder())
  const words = /^Kafka Connect in standalone mode does not support /
  expect(await rest.send('POST', '/connectors/x/tasks', 'whatever')).toMatchObject(refusal(500, words))
  expect(await rest.send('PUT', '/connectors/x/fence')).toMatchObject(refusal(500, words))
  expect(await rest.send('POST', '/internal/p', Buffer.alloc(1), octets)).toMatchObject(refusal(404, /^HTTP 404/))
})

test('readers of a sink on every worker', async () => {
  const reader = { state: 'RUNNING', worker_id: 'w:1', numbered: true, facts: { partitions: 3 } } as const
  const readers = async (name: string) => {
    if (name === 'x') return [reader]
    throw new ConnectError('never')
  }
  expect(await restClient(memoryHerder({ readers })).get('/connectors/x/readers')).toMatchObject({
    status: 200,
    json: [reader],
  })
})
