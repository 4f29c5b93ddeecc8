import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { webhookSink } from '../../../../src/connectors/webhook/sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { type HeardRequest, startHttpEndpoint } from '../../../support/http-endpoint.ts'

const start = async (
  props: Record<string, string>,
  answer: (request: HeardRequest, response: ServerResponse) => void,
  tolerant = false,
) => {
  const { heard, url } = await startHttpEndpoint(answer)
  const base = { topics: 't', url, 'message.key': 'topic', 'put.timeout.ms': '100', 'circuit.open.ms': '20' }
  const run = await runSink(webhookSink, { props: { ...base, ...props }, tolerant })
  const offsets = () => heard.map(({ headers }) => Number(String(headers['webhook-id']).split('-').at(-1)))
  return { heard, offsets, run }
}

const records = (count: number) => Array.from({ length: count }, (_, n) => sinkRecord(n, { n }))

test('when errors are not tolerated nothing is sent beyond a record that is refused, for it would go again after it', async () => {
  const { offsets, run } = await start({}, ({ body }, response) => {
    response.writeHead(body.includes('"n":1') ? 404 : 200).end()
  })
  await expect(run.put(records(3))).rejects.toThrow('refused the record: it answered 404')
  expect(offsets()).toEqual([0, 1])
})

test('an endpoint that is slow does not keep the worker from its turn, and has nothing twice for it', async () => {
  const { offsets, run } = await start({ 'batch.timeout.ms': '1' }, (_, response) => {
    setTimeout(() => response.writeHead(200).end(), 5)
  })
  const batch = records(4)
  await expect(run.putOnce(batch)).rejects.toMatchObject({
    retriable: true,
    message: expect.stringContaining('the worker gets its turn'),
  })
  expect(offsets()).toEqual([0])
  await run.put(batch)
  expect(offsets()).toEqual([0, 1, 2, 3])
})

test('a stop gives up what is under way over whichever connection', { timeout: 4000 }, async () => {
  const { heard, run } = await start({ 'request.timeout.ms': '60000', 'circuit.failures': '1' }, (_, response) => {
    if (heard.length < 3) response.writeHead(200, { connection: 'close' }).end()
  })
  const putting = run.putOnce(records(4))
  await expect.poll(() => heard.length).toBe(3)
  run.abort()
  await expect(putting).rejects.toThrow('the task stops')
  expect(run.facts.map(({ circuit }) => circuit)).toEqual(['closed'])
})

test.each([
  ['breaks off', (response: ServerResponse) => void setImmediate(() => response.destroy())],
  ['does not end in time', () => undefined],
])('what is answered 200 is taken, also when the body of the answer %s', async (_, go) => {
  const { offsets, run } = await start({ 'request.timeout.ms': '500' }, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('taken', () => go(response))
  })
  await run.put(records(2))
  expect(offsets()).toEqual([0, 1])
})

test('records that were read again are sent again: another may have had their partition meanwhile', async () => {
  let down = true
  const { offsets, run } = await start({}, ({ body }, response) => {
    response.writeHead(down && body.includes('"n":1') ? 503 : 200).end()
  })
  await expect(run.putOnce(records(2))).rejects.toThrow('it answered 503')
  down = false
  await run.put(records(2))
  expect(offsets()).toEqual([0, 1, 0, 1])
})

test('an error does not tell the credentials that an endpoint echoes', async () => {
  const secret = Buffer.from('s'.repeat(30)).toString('base64')
  const { run } = await start(
    { headers: 'Authorization: Bearer tok-123, X-Key: k-4567', 'signing.secrets': `whsec_${secret}` },
    ({ headers }, response) => {
      const said = `bad ${headers.authorization}, ${String(headers.authorization).slice(7)}, ${String(headers['x-key'])}`
      response.writeHead(401).end(`${'.'.repeat(400)}${said}, whsec_${secret}`)
    },
    true,
  )
  await run.put(records(1))
  const told = String(run.errants[0]?.error)
  expect(told).toContain('.bad [hidden], [hidden], [hidden], [hidden]')
  expect(told).not.toMatch(/tok-123|k-4567|c3Nz/)
})

test.each(['0', '1.5', '-1', 'Sun, 06 Nov 1994 08:49:37 GMT', '2099-01-01', 'soon'])(
  'Retry-After: %s asks for no wait, and its failure counts as one',
  async (retryAfter) => {
    const { heard, run } = await start({ 'circuit.failures': '2' }, (_, response) => {
      response.writeHead(heard.length < 3 ? 503 : 200, { 'retry-after': retryAfter }).end()
    })
    await run.put(records(1))
    expect(run.facts.map(({ circuit }) => circuit)).toEqual(['closed', 'open', 'closed'])
  },
)
