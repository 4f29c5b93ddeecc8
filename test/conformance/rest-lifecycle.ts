import { expect, test } from 'vitest'
import { type RestSubject, refusal, restClient } from './rest-client.ts'

type MakeSubject = () => Promise<RestSubject> | RestSubject

/** States, restarts and tasks. */
export function testRestLifecycle(makeSubject: MakeSubject): void {
  const running = async () => {
    const subject = await makeSubject()
    const rest = restClient(subject.herder)
    await rest.create('c', subject.props)
    await rest.settled('c', 'RUNNING', 1)
    return { ...subject, rest }
  }
  const created = async (state: string) => {
    const subject = await makeSubject()
    const rest = restClient(subject.herder)
    await rest.create('c', subject.props, { initial_state: state })
    return rest
  }

  test('shows the status of a connector and its tasks', async () => {
    const { rest, type } = await running()
    const { status, json } = await rest.get('/connectors/c/status')
    expect(status).toBe(200)
    const state = { state: 'RUNNING', worker_id: expect.stringMatching(/^.+:\d+$/), version: expect.any(String) }
    expect(json).toMatchObject({ name: 'c', connector: state, tasks: [{ id: 0, ...state }], type })
    expect((json as { connector: object }).connector).not.toHaveProperty('trace')
  })

  test('pauses and resumes, also when asked twice', async () => {
    const { rest } = await running()
    for (let i = 0; i < 2; i++) {
      expect(await rest.send('PUT', '/connectors/c/pause')).toMatchObject({ status: 202, text: '' })
      await rest.settled('c', 'PAUSED', 1)
    }
    for (let i = 0; i < 2; i++) {
      expect(await rest.send('PUT', '/connectors/c/resume')).toMatchObject({ status: 202, text: '' })
      await rest.settled('c', 'RUNNING', 1)
    }
  })

  test('stops, gives the tasks up, and keeps the state over a change of configuration', async () => {
    const { rest, props } = await running()
    expect(await rest.send('PUT', '/connectors/c/stop')).toMatchObject({ status: 204, text: '' })
    await rest.settled('c', 'STOPPED')
    expect((await rest.get('/connectors/c/tasks')).json).toEqual([])
    await rest.send('PUT', '/connectors/c/config', { ...props, 'x.note': 'changed' })
    await rest.settled('c', 'STOPPED')
    expect(await rest.send('PUT', '/connectors/c/resume')).toMatchObject({ status: 202 })
    await rest.settled('c', 'RUNNING', 1)
  })

  test('says what the states of a connector amount to', async () => {
    const { rest } = await running()
    const health = async () => rest.get('/connectors/c/health')
    expect(await health()).toMatchObject({ status: 200, json: { status: 'healthy', tasks: { running: 1, failed: 0 } } })
    await rest.send('PUT', '/connectors/c/pause')
    await rest.settled('c', 'PAUSED', 1)
    expect(await health()).toMatchObject({ status: 200, json: { status: 'paused', tasks: { paused: 1 } } })
    await rest.send('PUT', '/connectors/c/stop')
    await rest.settled('c', 'STOPPED')
    expect(await health()).toMatchObject({ status: 200, json: { status: 'stopped' } })
  })

  test.each(['PAUSED', 'stopped', 'Running'])('starts in the initial state %s', async (state) => {
    const rest = await created(state)
    expect(await rest.settled('c', state.toUpperCase())).toMatchObject({ name: 'c' })
  })

  test('refuses an unknown initial state', async () => {
    const { herder, props } = await makeSubject()
    const body = { name: 'c', config: props, initial_state: 'ASLEEP' }
    const answer = await restClient(herder).send('POST', '/connectors', body)
    expect(answer).toMatchObject(refusal(400, /initial_state "ASLEEP".*RUNNING, PAUSED, STOPPED/))
  })

  test('restarts the connector alone without a word', async () => {
    const { rest } = await running()
    expect(await rest.send('POST', '/connectors/c/restart')).toMatchObject({ status: 204, text: '' })
    expect(await rest.send('POST', '/connectors/c/restart?includeTasks=yes')).toMatchObject({ status: 204, text: '' })
    await rest.settled('c', 'RUNNING', 1)
  })

  test('restarts the tasks too and shows what restarts', async () => {
    const { rest } = await running()
    const answer = await rest.send('POST', '/connectors/c/restart?includeTasks=TRUE')
    const restarting = { state: 'RESTARTING' }
    expect(answer).toMatchObject({ status: 202, json: { name: 'c', connector: restarting, tasks: [restarting] } })
    await rest.settled('c', 'RUNNING', 1)
  })

  test('restarts nothing when nothing has failed', async () => {
    const { rest } = await running()
    const answer = await rest.send('POST', '/connectors/c/restart?includeTasks=true&onlyFailed=true')
    const asIs = { state: 'RUNNING' }
    expect(answer).toMatchObject({ status: 202, json: { name: 'c', connector: asIs, tasks: [asIs] } })
  })

  test('a restart leaves a stopped connector stopped', async () => {
    const rest = await created('STOPPED')
    expect(await rest.send('POST', '/connectors/c/restart')).toMatchObject({ status: 204 })
    await rest.settled('c', 'STOPPED')
  })

  test('shows and restarts tasks', async () => {
    const { rest } = await running()
    const { json } = await rest.get('/connectors/c/tasks')
    expect((json as object[])[0]).toEqual({ id: { connector: 'c', task: 0 }, config: expect.any(Object) })
    expect((await rest.get('/connectors/c')).json).toMatchObject({ tasks: [{ connector: 'c', task: 0 }] })
    expect((await rest.get('/connectors/c/tasks/0/status')).json).toMatchObject({
      id: 0,
      state: 'RUNNING',
      worker_id: expect.any(String),
      version: expect.any(String),
    })
    expect(await rest.send('POST', '/connectors/c/tasks/0/restart')).toMatchObject({ status: 204, text: '' })
    await rest.settled('c', 'RUNNING', 1)
  })

  test('knows no task that is not there, and no path whose task is no integer', async () => {
    const { rest } = await running()
    expect(await rest.get('/connectors/c/tasks/99/status')).toMatchObject(refusal(404, '99'))
    expect(await rest.send('POST', '/connectors/c/tasks/99/restart')).toMatchObject(refusal(404, '99'))
    for (const task of ['x', '1.5', '99999999999', '0x1', '%20'])
      expect(await rest.get(`/connectors/c/tasks/${task}/status`)).toMatchObject(refusal(404, /^HTTP 404 Not Found$/))
  })
}
