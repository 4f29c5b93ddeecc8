import type { ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { webhookSink } from '../../../../src/connectors/webhook/sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { testSink } from '../../../conformance/sink.ts'
import { type HeardRequest, startHttpEndpoint } from '../../../support/http-endpoint.ts'

const fast = { topics: 't', 'put.timeout.ms': '100', 'circuit.open.ms': '20' }

for (const size of [1, 7]) {
  testSink({
    connector: webhookSink,
    as: `with ${size} messages in a request`,
    keepsAll: true,
    async remote() {
      let held: (() => void)[] | undefined
      const endpoint = await startHttpEndpoint((_, response) => {
        const take = () => void response.writeHead(204).end()
        if (held) held.push(take)
        else take()
      })
      const values = () =>
        endpoint.heard.flatMap(({ body }) => (size === 1 ? [JSON.parse(body)] : JSON.parse(body)) as unknown[])
      return {
        // One key, so that there is an order.
        props: {
          ...fast,
          url: `${endpoint.url}/hooks?n=#{value.n}`,
          'message.key': 'topic',
          'batch.max.records': String(size),
        },
        async received(count) {
          await expect.poll(() => values().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count)
          return values()
        },
        async restart() {
          await endpoint.down()
          await endpoint.up()
        },
        stall() {
          held = []
          return () => {
            for (const take of held ?? []) take()
            held = undefined
          }
        },
        open: () => endpoint.sockets.size,
      }
    },
  })
}

const start = async (
  props: Record<string, string>,
  answer?: (request: HeardRequest, response: ServerResponse) => void,
  tolerant = false,
) => {
  const endpoint = await startHttpEndpoint(answer)
  const url = `${endpoint.url}${props['path'] ?? '/'}`
  const run = await runSink(webhookSink, { props: { ...fast, ...props, url }, tolerant })
  return { ...endpoint, run }
}

const bus = (offset: number, id: string, n = offset) => sinkRecord(offset, { id, n })

test('sends each message with what names it for good, to a path made of the record', async () => {
  const { heard, run } = await start({
    path: '/hooks/#{value.id}?at=#{offset}',
    method: 'PUT',
    headers: 'Authorization: Bearer a, X-Of: b',
    message: '{"bus":#{value.id},"none":#{value.none}}',
  })
  await run.put([bus(3, 'ü/7')])
  expect(heard).toMatchObject([
    {
      method: 'PUT',
      path: '/hooks/%C3%BC%2F7?at=3',
      body: '{"bus":"ü/7","none":null}',
      headers: {
        authorization: 'Bearer a',
        'x-of': 'b',
        'content-type': 'application/json',
        'idempotency-key': 't-0-3',
        'webhook-id': 't-0-3',
      },
    },
  ])
})

test('a library for Standard Webhooks verifies the signatures, with either secret of a rotation', async () => {
  const secrets = ['first', 'second'].map((text) => `whsec_${Buffer.from(text.repeat(6)).toString('base64')}`)
  const { heard, run } = await start({ 'signing.secrets': secrets.join(' ') })
  await run.put([bus(0, 'a')])
  const [{ body, headers } = { body: '', headers: {} }] = heard
  for (const secret of secrets) {
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({ id: 'a', n: 0 })
  }
  expect(() => new Webhook(secrets[0] ?? '').verify(`${body} `, headers as Record<string, string>)).toThrow()
})

test('of one key nothing is sent before the one before it is taken; keys do not wait for each other', async () => {
  const open: string[] = []
  const overlaps: string[] = []
  let waiting: (() => void)[] = []
  const { run } = await start({ 'message.key': 'value.id' }, ({ body }, response) => {
    const { id } = JSON.parse(body) as { id: string }
    if (open.includes(id)) overlaps.push(id)
    open.push(id)
    waiting.push(() => {
      open.splice(open.indexOf(id), 1)
      response.writeHead(200).end()
    })
    // All keys are on their way at once.
    if (new Set(open).size < 3 && waiting.length < 3) return
    const ready = waiting
    waiting = []
    for (const take of ready) take()
  })
  await run.put([bus(0, 'a'), bus(1, 'b'), bus(2, 'c'), bus(3, 'a'), bus(4, 'b'), bus(5, 'c')])
  expect(overlaps).toEqual([])
})

test.each([500, 503, 429, 408])('what is answered %i is sent again under the same id, and nothing overtakes it', async (status) => {
  let refusals = 2
  const { heard, run } = await start({ 'message.key': 'value.id' }, (_, response) => {
    response.writeHead(refusals-- > 0 ? status : 202).end()
  })
  await run.put([bus(0, 'a'), bus(1, 'a')])
  const ids = heard.map(({ headers }) => headers['webhook-id'])
  expect(ids).toEqual(['t-0-0', 't-0-0', 't-0-0', 't-0-1'])
})

test('what is taken of a batch is not sent again with what was not', async () => {
  let refuse = true
  const { heard, run } = await start({ 'message.key': 'value.id' }, ({ body }, response) => {
    const isB = body.includes('"b"')
    response.writeHead(isB && refuse ? 503 : 200).end()
    if (isB) refuse = false
  })
  await run.put([bus(0, 'a'), bus(1, 'b'), bus(2, 'c')])
  const sent = heard.map(({ headers }) => headers['webhook-id']).toSorted()
  expect(sent).toEqual(['t-0-0', 't-0-1', 't-0-1', 't-0-2'])
})

test('an endpoint that names a time by Retry-After is left alone until then', async () => {
  const times: number[] = []
  const { run } = await start({ 'put.timeout.ms': '3000' }, (_, response) => {
    times.push(Date.now())
    if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end()
    else response.writeHead(200).end()
  })
  await run.put([bus(0, 'a')])
  expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(950)
})

test.each([400, 404, 410, 413, 301])('what is answered %i is an errant record, with what the endpoint said', async (status) => {
  const { run } = await start(
    {},
    ({ body }, response) => {
      response.writeHead(body.includes('"n":1') ? status : 200, { location: '/elsewhere' }).end('no such thing')
    },
    true,
  )
  await run.put([bus(0, 'a'), bus(1, 'b'), bus(2, 'c')])
  expect(run.errants.map(({ record }) => record.origin.offset)).toEqual([1n])
  expect(String(run.errants[0]?.error)).toContain(`refused the record: it answered ${status}: no such thing`)
  expect(await run.committable()).toBe(3n)
})

test('of a refused array only what is at fault is left out', async () => {
  const { heard, run } = await start(
    { 'batch.max.records': '5', 'message.key': 'topic' },
    ({ body }, response) => void response.writeHead(body.includes('"n":2') ? 422 : 200).end(),
    true,
  )
  await run.put([0, 1, 2, 3].map((n) => bus(n, 'a')))
  expect(run.errants.map(({ record }) => record.origin.offset)).toEqual([2n])
  const taken = heard.filter(({ body }) => !body.includes('"n":2')).flatMap(({ body }) => JSON.parse(body) as { n: number }[])
  expect(taken.map(({ n }) => n)).toEqual([0, 1, 3])
})

test('after many failures in a row nothing is sent for a while, and the status says so', async () => {
  let isDown = true
  const { heard, run } = await start(
    { 'circuit.failures': '3', 'circuit.open.ms': '150', 'max.in.flight.requests': '1' },
    (_, response) => void response.writeHead(isDown ? 500 : 200).end('down for repair'),
  )
  const putting = run.put([bus(0, 'a')])
  await expect.poll(() => run.facts.at(-1)).toMatchObject({ circuit: 'open', reason: expect.stringContaining('down for repair') })
  expect(heard).toHaveLength(3)
  isDown = false
  await putting
  expect(heard).toHaveLength(4)
  expect(run.facts.at(-1)).toMatchObject({ circuit: 'closed' })
})

test('an answer without an end is not read to it, and one that never comes is given up', async () => {
  let requests = 0
  const { run } = await start({ 'request.timeout.ms': '200' }, (_, response) => {
    if (++requests === 1) return
    response.writeHead(200)
    const write = () => void (response.destroyed || response.write('x'.repeat(20_000), write))
    write()
  })
  await run.put([bus(0, 'a')])
  expect(requests).toBe(2)
})

test.each([
  ['ftp://h/', 'must be a URL starting with http:// or https://'],
  ['http://#{value.host}/', 'in its path and its query only'],
  ['http://h/#there', 'must not have a fragment'],
  ['http://u:p@h/', 'must not hold a user or a password'],
  ['http://h/#{nothing}', 'names nothing of a record'],
])('refuses the url %s', (url, complaint) => {
  const errors = webhookSink.config.validate({ url }).flatMap((value) => value.errors)
  expect(errors.join()).toContain(complaint)
})

test('a secret that is none is refused without being told', () => {
  const errors = webhookSink.config
    .validate({ url: 'http://h/', 'signing.secrets': 'whsec_dG9vIHNob3J0' })
    .flatMap((value) => value.errors)
  expect(errors.join()).toContain('whsec_ followed by base64 of 24 to 64 bytes')
  expect(errors.join()).not.toContain('dG9vIHNob3J0')
})

test('a value cannot lead to another path', async () => {
  const { run } = await start({ path: '/hooks/#{value.id}' }, undefined, true)
  await run.put([bus(0, '..'), bus(1, '')])
  expect(run.errants).toHaveLength(2)
})
