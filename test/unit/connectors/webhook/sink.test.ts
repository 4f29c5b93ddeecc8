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
  expect(() => new Webhook(secrets[0] ?? '').verify(`${body} `, headers as Record<string, string>)).toThrow(
    'No matching signature',
  )
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

test.each([500, 503, 429, 425, 408])(
  'what is answered %i is sent again under the same id, and nothing overtakes it',
  async (status) => {
    let refusals = 2
    const { heard, run } = await start({ 'message.key': 'value.id' }, (_, response) => {
      response.writeHead(refusals-- > 0 ? status : 202).end()
    })
    await run.put([bus(0, 'a'), bus(1, 'a')])
    const ids = heard.map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual(['t-0-0', 't-0-0', 't-0-0', 't-0-1'])
  },
)

test('what is taken of a batch is not sent again with what was not', async () => {
  let refuse = true
  const { heard, run } = await start({ 'message.key': 'value.id' }, ({ body }, response) => {
    const isB = body.includes('"b"')
    response.writeHead(isB && refuse ? 503 : 200).end()
    if (isB) refuse = false
  })
  await run.put([bus(0, 'a'), bus(1, 'b'), bus(2, 'c')])
  const sent = heard.map(({ headers }) => String(headers['webhook-id'])).toSorted((a, b) => (a < b ? -1 : 1))
  expect(sent).toEqual(['t-0-0', 't-0-1', 't-0-1', 't-0-2'])
})

test.each(['seconds', 'a date'])(
  'an endpoint that names a time by Retry-After, as %s, is left alone until then',
  async (form) => {
    const times: number[] = []
    // A date has whole seconds, so it may be up to one nearer.
    const retryAfter = () => (form === 'seconds' ? '1' : new Date(Date.now() + 2000).toUTCString())
    const { run } = await start({ 'put.timeout.ms': '3000' }, (_, response) => {
      times.push(Date.now())
      if (times.length === 1) response.writeHead(429, { 'retry-after': retryAfter() }).end()
      else response.writeHead(200).end()
    })
    await run.put([bus(0, 'a')])
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(950)
  },
)

test('an endpoint cannot ask for a longer wait than is allowed, and one that asks is not taken for broken', async () => {
  let asked = 0
  const { run } = await start(
    { 'retry.after.max.ms': '30', 'circuit.failures': '1', 'circuit.open.ms': '600000' },
    (_, response) => void response.writeHead(asked++ < 3 ? 503 : 200, { 'retry-after': '86400' }).end(),
  )
  await run.put([bus(0, 'a')])
  expect(asked).toBe(4)
  expect(run.facts.map(({ circuit }) => circuit)).toEqual(['closed'])
})

test('while the endpoint is left alone longer than records may wait, the worker gets its turn', async () => {
  let asked = 0
  const { run } = await start({}, (_, response) => {
    asked++
    response.writeHead(503, { 'retry-after': '60' }).end()
  })
  await expect(run.putOnce([bus(0, 'a')])).rejects.toThrow('it answered 503')
  await expect(run.putOnce([bus(0, 'a')])).rejects.toThrow('The endpoint is left alone for 60 s.')
  expect(asked).toBe(1)
})

test.each([400, 404, 409, 410, 413, 301])(
  'what is answered %i is an errant record, with what the endpoint said',
  async (status) => {
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
  },
)

test('of a refused array only what is at fault is left out, and nothing is sent that was taken', async () => {
  const { heard, run } = await start(
    { 'batch.max.records': '9', 'message.key': 'topic' },
    ({ body }, response) => void response.writeHead(/"n":[25]\D/.test(body) ? 422 : 200).end(),
    true,
  )
  await run.put([0, 1, 2, 3, 4, 5, 6].map((n) => bus(n, 'a')))
  expect(run.errants.map(({ record }) => record.origin.offset)).toEqual([2n, 5n])
  const taken = heard.filter(({ body }) => !/"n":[25]\D/.test(body))
  expect(taken.flatMap(({ body }) => JSON.parse(body) as { n: number }[]).map(({ n }) => n)).toEqual([0, 1, 3, 4, 6])
})

test('when the endpoint fails in the middle of a refused array, what it took is not sent again', async () => {
  let fail = true
  const { heard, run } = await start(
    { 'batch.max.records': '4', 'message.key': 'topic' },
    ({ body }, response) => {
      const numbers = (JSON.parse(body) as { n: number }[]).map(({ n }) => n)
      if (numbers.length > 1 && numbers.includes(3)) return void response.writeHead(400).end()
      const isDown = fail && numbers.includes(2)
      if (isDown) fail = false
      response.writeHead(isDown ? 500 : 200).end(JSON.stringify(numbers))
    },
    true,
  )
  await run.put([0, 1, 2, 3, 4].map((n) => bus(n, 'a')))
  expect(heard.map(({ body }) => (JSON.parse(body) as { n: number }[]).map(({ n }) => n))).toEqual([
    [0, 1, 2, 3],
    [0, 1],
    [2, 3],
    [2],
    [2, 3, 4],
    [2, 3],
    [2],
    [3],
    [4],
  ])
  expect(run.errants).toEqual([])
})

test('after many failures in a row nothing is sent for a while, and the status says so', async () => {
  let isDown = true
  const { heard, run } = await start(
    { 'circuit.failures': '3', 'circuit.open.ms': '150', 'max.in.flight.requests': '1' },
    (_, response) => void response.writeHead(isDown ? 500 : 200).end('down for repair'),
  )
  const putting = run.put([bus(0, 'a')])
  await expect
    .poll(() => run.facts.at(-1))
    .toMatchObject({ circuit: 'open', reason: expect.stringContaining('down for repair') })
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

test('a value cannot lead to another path, and may be empty in the query', async () => {
  const { heard, run } = await start({ path: '/hooks/#{value.id}?id=#{value.id}' }, undefined, true)
  await run.put([bus(0, '..'), bus(1, ''), bus(2, 'a')])
  expect(run.errants).toHaveLength(2)
  const other = await start({ path: '/hooks?id=#{value.id}' })
  await other.run.put([bus(0, '..'), bus(1, '')])
  expect([...heard, ...other.heard].map(({ path }) => path)).toEqual(['/hooks/a?id=a', '/hooks?id=..', '/hooks?id='])
})

test('a task that is asked to stop gives up what is under way', async () => {
  const { heard, run } = await start({ 'request.timeout.ms': '60000' }, () => undefined)
  const putting = run.putOnce([bus(0, 'a')])
  await expect.poll(() => heard.length).toBe(1)
  run.abort()
  await expect(putting).rejects.toThrow('has not taken all of the records')
})
