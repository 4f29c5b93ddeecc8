import { expect, test } from 'vitest'
import { type RestSubject, refusal, restClient } from './rest-client.ts'

type MakeSubject = () => Promise<RestSubject> | RestSubject

/** Loggers, and what workers ask of each other. */
export function testRestAdmin(makeSubject: MakeSubject): void {
  const setUp = async () => restClient((await makeSubject()).herder)

  test('shows the loggers and one of them', async () => {
    const rest = await setUp()
    const { status, json } = await rest.get('/admin/loggers')
    expect(status).toBe(200)
    const names = Object.keys(json as object)
    expect(names).toContain('root')
    expect(names).toEqual(names.toSorted())
    const root = { level: expect.stringMatching(/^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|OFF)$/), last_modified: null }
    expect(json).toMatchObject({ root })
    expect((await rest.get('/admin/loggers/root')).json).toEqual(root)
    expect(await rest.get('/admin/loggers/no.such')).toMatchObject(refusal(404, /^Logger no\.such not found\.$/))
  })

  test.each(['', '?scope=worker', '?scope=WORKER', '?scope=elsewhere'])(
    'sets a level on this worker with the query "%s"',
    async (query) => {
      const rest = await setUp()
      const path = `/admin/loggers/org.example.One${query}`
      expect(await rest.send('PUT', path, { level: 'debug' })).toMatchObject({ status: 200, json: ['org.example.One'] })
      expect((await rest.get('/admin/loggers/org.example.One')).json).toEqual({
        level: 'DEBUG',
        last_modified: expect.any(Number),
      })
      // Nothing changes a second time.
      expect(await rest.send('PUT', path, { level: 'DEBUG' })).toMatchObject({ status: 200, json: [] })
    },
  )

  test('sets a level on every worker', async () => {
    const rest = await setUp()
    for (const scope of ['cluster', 'CLUSTER']) {
      const answer = await rest.send('PUT', `/admin/loggers/org.example?scope=${scope}`, { level: 'WARN' })
      expect(answer).toMatchObject({ status: 204, text: '' })
    }
    expect((await rest.get('/admin/loggers/org.example')).json).toMatchObject({ level: 'WARN' })
  })

  test('refuses a level that is none, or missing', async () => {
    const rest = await setUp()
    const put = async (body: unknown, query = '') => rest.send('PUT', `/admin/loggers/root${query}`, body)
    for (const query of ['', '?scope=cluster'])
      expect(await put({ level: 'BOGUS' }, query)).toMatchObject(refusal(404, /^invalid log level 'BOGUS'\.$/))
    expect(await put({ level: 5 })).toMatchObject(refusal(404, /^invalid log level '5'\.$/))
    const missing = /^Desired 'level' parameter was not specified in request\.$/
    for (const body of [{}, { level: null }, { other: 'INFO' }])
      expect(await put(body)).toMatchObject(refusal(400, missing))
    expect(await put({ level: ['INFO'] })).toMatchObject(refusal(400, 'The value of "level" is an array'))
    expect(await put('')).toMatchObject(refusal(400, 'no body'))
  })

  test('a standalone worker takes nothing from other workers', async ({ skip }) => {
    const { herder } = await makeSubject()
    skip(herder.internal !== undefined, 'this worker is one of a cluster')
    const rest = restClient(herder)
    const not = (what: string) => refusal(500, `^Kafka Connect in standalone mode does not support ${what}\\.$`)
    for (const body of [[], [{ a: 'b' }]])
      expect(await rest.send('POST', '/connectors/c/tasks', body)).toMatchObject(
        not('externally setting task configurations'),
      )
    expect(await rest.send('PUT', '/connectors/none/fence')).toMatchObject(not('exactly-once source connectors'))
  })

  test('a worker of a cluster takes nothing that no worker has signed', async ({ skip }) => {
    const { herder } = await makeSubject()
    skip(herder.internal === undefined, 'this worker is a standalone one')
    const rest = restClient(herder)
    const missing = refusal(400, /^Internal request missing required signature$/)
    expect(await rest.send('POST', '/connectors/c/tasks', [])).toMatchObject(missing)
    expect(await rest.send('PUT', '/connectors/c/fence')).toMatchObject(missing)
    const signed = { 'x-connect-authorization': 'AAAA', 'x-connect-request-signature-algorithm': 'Rot13' }
    const unknown = refusal(400, /^Algorithm Rot13 not available$/)
    expect(await rest.send('PUT', '/connectors/c/fence', undefined, signed)).toMatchObject(unknown)
  })
}
