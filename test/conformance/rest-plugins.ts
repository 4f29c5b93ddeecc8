import { expect, test } from 'vitest'
import { type Answer, type RestSubject, refusal, restClient } from './rest-client.ts'

type MakeSubject = () => Promise<RestSubject> | RestSubject

interface ConfigInfos {
  name: string
  error_count: number
  groups: string[]
  configs: {
    definition: { name: string; type: string; group: string | null } | null
    value: { name: string; value: unknown; errors: string[]; visible: boolean }
  }[]
}

const definition = {
  name: expect.any(String),
  type: expect.stringMatching(/^(BOOLEAN|STRING|INT|SHORT|LONG|DOUBLE|LIST|CLASS|PASSWORD)$/),
  required: expect.any(Boolean),
  importance: expect.stringMatching(/^(HIGH|MEDIUM|LOW)$/),
  documentation: expect.any(String),
  order_in_group: expect.any(Number),
  width: expect.stringMatching(/^(NONE|SHORT|MEDIUM|LONG)$/),
  display_name: expect.any(String),
  dependents: expect.any(Array),
}
const valueOf = ({ json }: Answer, key: string) =>
  (json as ConfigInfos).configs.find(({ value }) => value.name === key)?.value
const expectDefinition = (found: object) => expect(found).toMatchObject(definition)
const textOrNull = (value: unknown) => value === null || typeof value === 'string'

/** What can be run, and `validate`. */
export function testRestPlugins(makeSubject: MakeSubject): void {
  const setUp = async () => {
    const subject = await makeSubject()
    const plugin = subject.props['connector.class'] ?? ''
    const rest = restClient(subject.herder)
    const validate = async (props: object, path = plugin): Promise<Answer> =>
      rest.send('PUT', `/connector-plugins/${encodeURIComponent(path)}/config/validate`, props)
    return { ...subject, plugin, rest, validate }
  }
  test('lists connectors, sinks first, and everything when asked', async () => {
    const { rest, type } = await setUp()
    const connectors = (await rest.get('/connector-plugins')).json as { type: string }[]
    expect(connectors).toContainEqual({ class: expect.any(String), type, version: expect.any(String) })
    expect([...new Set(connectors.map((plugin) => plugin.type))]).toEqual(['sink', 'source'])
    expect((await rest.get('/connector-plugins?connectorsOnly=TRUE')).json).toEqual(connectors)
    const all = (await rest.get('/connector-plugins?connectorsOnly=false')).json as { type: string }[]
    expect(all.slice(0, connectors.length)).toEqual(connectors)
    const kinds = [...new Set(all.map((plugin) => plugin.type))]
    expect(kinds).toContain('converter')
    const order = ['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter']
    expect(kinds).toEqual(order.filter((kind) => kinds.includes(kind)))
  })

  test('describes the keys of a plugin', async () => {
    const { rest, plugin, alias } = await setUp()
    const { status, json } = await rest.get(`/connector-plugins/${plugin}/config`)
    expect(status).toBe(200)
    const keys = json as { default_value: unknown; group: unknown }[]
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toEqual({ ...definition, default_value: key.default_value, group: key.group })
      expect([key.default_value, key.group].every(textOrNull)).toBe(true)
    }
    expect((await rest.get(`/connector-plugins/${alias}/config`)).json).toEqual(keys)
    expect(await rest.get('/connector-plugins/no.Such/config')).toMatchObject(
      refusal(404, /^Unknown plugin no\.Such\.$/),
    )
  })

  test('knows the one version of a plugin that is there', async () => {
    const { rest, plugin } = await setUp()
    const path = `/connector-plugins/${plugin}/config`
    const plugins = (await rest.get('/connector-plugins')).json as { class: string; version: string }[]
    const { version } = plugins.find((each) => each.class === plugin) ?? { version: '' }
    const { json } = await rest.get(path)
    for (const same of ['latest', version]) expect((await rest.get(`${path}?version=${same}`)).json).toEqual(json)
    const unknown = /^Plugin \S+ not found that matches the version range \[9\.9,9\.9\], available versions: \[.+\]$/
    expect(await rest.get(`${path}?version=9.9`)).toMatchObject(refusal(400, unknown))
  })

  test('validates a configuration that is right', async () => {
    const { validate, props, plugin } = await setUp()
    const answer = await validate({ ...props, name: 'v' })
    expect(answer.status).toBe(200)
    const infos = answer.json as ConfigInfos
    expect(Object.keys(infos)).toEqual(['name', 'error_count', 'groups', 'configs'])
    expect(infos).toMatchObject({ name: plugin, error_count: 0 })
    for (const config of infos.configs) {
      expect(Object.keys(config)).toEqual(['definition', 'value'])
      const { group = null } = config.definition ?? {}
      if (config.definition) expectDefinition(config.definition)
      expect([null, ...infos.groups]).toContain(group)
      const { recommended_values: recommended, ...value } = config.value as typeof config.value & {
        recommended_values: unknown[]
      }
      expect(Object.keys(value).toSorted()).toEqual(['errors', 'name', 'value', 'visible'])
      expect(textOrNull(value.value)).toBe(true)
      expect(recommended.every(textOrNull)).toBe(true)
    }
    expect(valueOf(answer, 'name')).toMatchObject({ value: 'v', errors: [] })
    expect(valueOf(answer, 'connector.class')).toMatchObject({ value: plugin })
  })

  test('answers 200 to a configuration that is wrong, and counts the errors', async () => {
    const { validate, props } = await setUp()
    const answer = await validate({ ...props, name: 'v', 'tasks.max': 'many' })
    expect(answer.status).toBe(200)
    expect((answer.json as ConfigInfos).error_count).toBeGreaterThan(0)
    expect(valueOf(answer, 'tasks.max')).toMatchObject({
      errors: expect.arrayContaining(['Invalid value many for configuration tasks.max: Not a number of type INT']),
    })
  })

  test('shows unknown properties in the header and not among the keys', async () => {
    const { validate, props } = await setUp()
    const answer = await validate({ ...props, name: 'v', 'tasks.mx': '1' })
    expect(decodeURIComponent(String(answer.headers['x-tidegate-warning']))).toContain('tasks.mx')
    expect(valueOf(answer, 'tasks.mx')).toBeUndefined()
    expect(answer.json).toMatchObject({ error_count: 0 })
  })

  test('never shows a secret', async (context) => {
    const { validate, props, secretKey } = await setUp()
    if (secretKey === undefined) return context.skip('this connector has no secret')
    const answer = await validate({ ...props, name: 'v', [secretKey]: 'hunter2' })
    expect(valueOf(answer, secretKey)).toMatchObject({ value: '[hidden]' })
    expect(answer.text).not.toContain('hunter2')
  })

  test('previews no more records than may be asked for', async () => {
    const { rest, props, plugin } = await setUp()
    const path = `/connector-plugins/${plugin}/preview`
    const { status, json } = await rest.send('POST', `${path}?limit=2`, { ...props, name: 'p' })
    expect({ status, json }).toMatchObject({ status: 200, json: { warnings: expect.any(Array) } })
    expect((json as { records: object[] }).records.length).toBeLessThanOrEqual(2)
    for (const limit of ['0', '1001', '-1', 'x', '1.5', '', '1e2'])
      expect(await rest.send('POST', `${path}?limit=${limit}`, props)).toMatchObject(
        refusal(400, 'a whole number from 1 to 1000'),
      )
    expect(await rest.send('POST', path, {})).toMatchObject(refusal(400, 'contains no connector type'))
    expect(await rest.send('POST', path, { 'connector.class': 'Other' })).toMatchObject(
      refusal(400, 'does not match request type'),
    )
  })

  test('wants the class in the body to be the one of the path', async () => {
    const { validate, props, plugin, alias } = await setUp()
    expect(await validate({ ...props, name: 'v' }, alias)).toMatchObject({ status: 200, json: { name: plugin } })
    const mismatch = `Included connector type ${plugin} does not match request type OtherSink`
    expect(await validate(props, 'OtherSink')).toMatchObject(refusal(400, mismatch))
    expect(await validate({ topics: 't' })).toMatchObject(refusal(400, 'contains no connector type'))
  })
}
