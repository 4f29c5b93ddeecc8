import { expect, test } from 'vitest'
import { type RestSubject, refusal, restClient } from './rest-client.ts'

type MakeSubject = () => Promise<RestSubject> | RestSubject

/** Creating, reading, replacing and deleting. */
export function testRestConnectors(makeSubject: MakeSubject): void {
  const setUp = async () => {
    const subject = await makeSubject()
    return { ...subject, rest: restClient(subject.herder) }
  }

  test('tells version, commit and cluster', async () => {
    const { rest } = await setUp()
    const { status, json } = await rest.get('/')
    expect(status).toBe(200)
    expect(json).toEqual({
      version: expect.any(String),
      commit: expect.any(String),
      kafka_cluster_id: expect.any(String),
    })
  })

  test('creates a connector and answers with its location and what it was given', async () => {
    const { rest, props, type } = await setUp()
    expect((await rest.get('/connectors')).json).toEqual([])
    const created = await rest.create('one', props)
    expect(created.headers['location']).toBe('http://worker:8083/connectors/one')
    expect(created.json).toMatchObject({ name: 'one', config: { ...props, name: 'one' }, type })
    expect((await rest.get('/connectors')).json).toEqual(['one'])
    const read = await rest.get('/connectors/one')
    expect(read.status).toBe(200)
    expect(Object.keys(read.json as object).toSorted()).toEqual(['config', 'name', 'tasks', 'type'])
  })

  test('gives a configuration back exactly, every value a string, with only the name added', async () => {
    const { rest, props } = await setUp()
    const odd = { 'x.text': ' "quoted" \\ \n\tümlaut 🚌\u2028 ', 'x.empty': '', 'x.digits': '12345678901234567890' }
    const body = JSON.stringify({ name: 'odd', config: { ...props, ...odd } })
    const typed = body.replace('"config":{', '"config":{"x.float":1.0,"x.long":12345678901234567890,"x.flag":true,')
    expect(await rest.send('POST', '/connectors', typed)).toMatchObject({ status: 201 })
    const expected = {
      ...props,
      ...odd,
      'x.float': '1.0',
      'x.long': '12345678901234567890',
      'x.flag': 'true',
      name: 'odd',
    }
    expect((await rest.get('/connectors/odd/config')).json).toEqual(expected)
    expect((await rest.get('/connectors/odd')).json).toMatchObject({ config: expected })
  })

  test.each(['with space', 'Züge → 🚌', 'percent % plus + and & ?#', 'dotted.name-1_2~'])(
    'takes the name %s',
    async (name) => {
      const { rest, props } = await setUp()
      const created = await rest.create(name, props)
      const path = `/connectors/${encodeURIComponent(name)}`
      expect(created.headers['location']).toBe(`http://worker:8083${path}`)
      expect((await rest.get(path)).json).toMatchObject({ name })
      expect(await rest.send('DELETE', path)).toMatchObject({ status: 204 })
    },
  )

  test('trims the name and refuses one that is empty or contradicts the configuration', async () => {
    const { rest, props } = await setUp()
    expect((await rest.create('  trimmed ', props)).json).toMatchObject({ name: 'trimmed' })
    expect(await rest.send('POST', '/connectors', { name: ' ', config: props })).toMatchObject(
      refusal(400, 'may not be empty'),
    )
    expect(await rest.send('POST', '/connectors', { config: props })).toMatchObject(refusal(400, 'may not be empty'))
    const other = { ...props, name: 'other' }
    const mismatch = /^Connector name configuration \(other\) doesn't match connector name in the URL \(mine\)$/
    expect(await rest.send('POST', '/connectors', { name: 'mine', config: other })).toMatchObject(
      refusal(400, mismatch),
    )
    expect(await rest.send('PUT', '/connectors/mine/config', other)).toMatchObject(refusal(400, mismatch))
  })

  test('refuses to create what exists', async () => {
    const { rest, props } = await setUp()
    await rest.create('twice', props)
    const again = await rest.send('POST', '/connectors', { name: 'twice', config: props })
    expect(again).toMatchObject(refusal(409, /^Connector twice already exists$/))
  })

  test('refuses an invalid configuration, naming every error', async () => {
    const { rest, props } = await setUp()
    const config = { ...props, 'tasks.max': 'many' }
    for (const answer of [
      await rest.send('POST', '/connectors', { name: 'bad', config }),
      await rest.send('PUT', '/connectors/bad/config', config),
    ]) {
      expect(answer).toMatchObject(
        refusal(400, /^Connector configuration is invalid and contains the following \d+ error\(s\):\n/),
      )
      expect(answer).toMatchObject(
        refusal(400, 'Invalid value many for configuration tasks.max: Not a number of type INT'),
      )
    }
    expect(await rest.send('POST', '/connectors', { name: 'bad', config: {} })).toMatchObject(
      refusal(400, 'contains no connector type'),
    )
    expect((await rest.get('/connectors')).json).toEqual([])
  })

  test('warns of an unknown property in a header and accepts it', async () => {
    const { rest, props } = await setUp()
    const created = await rest.create('typo', { ...props, 'tasks.mx': '1' })
    const warning = decodeURIComponent(String(created.headers['x-tidegate-warning']))
    expect(warning).toContain('tasks.mx')
    expect(warning).toContain('tasks.max')
    const clean = await rest.send('PUT', '/connectors/typo/config', props)
    expect(clean.headers).not.toHaveProperty('x-tidegate-warning')
  })

  test('PUT creates what is new and replaces the whole configuration of what is there', async () => {
    const { rest, props } = await setUp()
    const created = await rest.send('PUT', '/connectors/put/config', { ...props, 'x.note': 'first' })
    expect(created).toMatchObject({ status: 201, json: { name: 'put' } })
    expect(created.headers['location']).toBe('http://worker:8083/connectors/put')
    const replaced = await rest.send('PUT', '/connectors/put/config', props)
    expect(replaced).toMatchObject({ status: 200, json: { name: 'put' } })
    expect(replaced.headers).not.toHaveProperty('location')
    expect((await rest.get('/connectors/put/config')).json).toEqual({ ...props, name: 'put' })
  })

  test('PATCH changes what it names, removes what is null, and leaves the rest', async () => {
    const { rest, props } = await setUp()
    await rest.create('patched', { ...props, 'x.kept': '1', 'x.gone': '2' })
    const body = '{"x.gone": null, "x.never": null, "x.new": 1.0}'
    const answer = await rest.send('PATCH', '/connectors/patched/config', body)
    const expected = { ...props, 'x.kept': '1', 'x.new': '1.0', name: 'patched' }
    expect(answer).toMatchObject({ status: 200, json: { name: 'patched' } })
    expect((answer.json as { config: object }).config).toEqual(expected)
    expect(decodeURIComponent(String(answer.headers['x-tidegate-warning']))).toContain('x.new')
    expect(await rest.send('PATCH', '/connectors/patched/config', {})).toMatchObject({ status: 200 })
    expect((await rest.get('/connectors/patched/config')).json).toEqual(expected)
  })

  test('PATCH refuses what makes the whole invalid, and changes nothing then', async () => {
    const { rest, props } = await setUp()
    await rest.create('patched', props)
    const patch = async (body: unknown) => rest.send('PATCH', '/connectors/patched/config', body)
    expect(await patch({ 'tasks.max': 'many', 'x.new': '1' })).toMatchObject(
      refusal(400, 'Invalid value many for configuration tasks.max: Not a number of type INT'),
    )
    expect(await patch({ name: 'other' })).toMatchObject(refusal(400, `doesn't match connector name in the URL`))
    expect(await patch({ 'x.new': {} })).toMatchObject(refusal(400, 'The value of "x.new" is an object'))
    expect(await patch('')).toMatchObject(refusal(400, 'no body'))
    expect(await patch({ name: null })).toMatchObject({ status: 200 })
    expect((await rest.get('/connectors/patched/config')).json).toEqual({ ...props, name: 'patched' })
    expect(await rest.send('PATCH', '/connectors/none/config', { a: 'b' })).toMatchObject(refusal(404, 'none'))
  })

  test('expands only what was asked for', async () => {
    const { rest, props, type } = await setUp()
    await rest.create('a', props)
    await rest.create('b', props)
    for (const name of ['a', 'b']) await rest.settled(name, 'RUNNING')
    const info = { name: 'a', config: { name: 'a' }, type }
    const status = { name: 'a', connector: { state: expect.any(String) }, type }
    const both = (await rest.get('/connectors?expand=status&expand=info')).json as { a: object; b: object }
    expect(both).toMatchObject({ a: { status, info } })
    expect(Object.keys(both)).toEqual(['a', 'b'])
    expect((await rest.get('/connectors?expand=info')).json).toEqual({
      a: { info: expect.objectContaining({ name: 'a' }) },
      b: { info: expect.objectContaining({ name: 'b' }) },
    })
    expect(Object.keys(((await rest.get('/connectors/?expand=status')).json as { a: object }).a)).toEqual(['status'])
    for (const unknown of ['expand=everything', 'expand=info,status', 'expand'])
      expect((await rest.get(`/connectors?${unknown}`)).json).toEqual({ a: {}, b: {} })
  })

  test('deletes, and knows it no longer', async () => {
    const { rest, props } = await setUp()
    await rest.create('gone', props)
    expect(await rest.send('DELETE', '/connectors/gone')).toMatchObject({ status: 204, text: '' })
    expect((await rest.get('/connectors')).json).toEqual([])
    expect(await rest.get('/connectors/gone')).toMatchObject(refusal(404, 'gone'))
    await rest.create('gone', props)
  })

  test.each([
    'GET /connectors/none',
    'DELETE /connectors/none',
    'GET /connectors/none/config',
    'GET /connectors/none/status',
    'GET /connectors/none/health',
    'PUT /connectors/none/pause',
    'PUT /connectors/none/resume',
    'PUT /connectors/none/stop',
    'POST /connectors/none/restart',
    'POST /connectors/none/restart?includeTasks=true',
    'GET /connectors/none/tasks',
    'GET /connectors/none/tasks/0/status',
    'POST /connectors/none/tasks/0/restart',
  ])('answers 404 to %s', async (line) => {
    const { rest } = await setUp()
    const [method = '', path = ''] = line.split(' ')
    expect(await rest.send(method, path)).toMatchObject(refusal(404, 'none'))
  })
}
