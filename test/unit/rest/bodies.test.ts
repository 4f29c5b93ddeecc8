import { expect, test } from 'vitest'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const config = { 'connector.class': 'MemorySink' }

test.each([
  ['', 'The request has no body; send a JSON object'],
  ['{"name": "x",\n  "config": {"a": 1,}}', 'not valid JSON: .* found } at line 2, column 21'],
  ['{"name": "x"', 'not valid JSON: .* the text ends at line 1, column 13'],
  ["{'name': 1}", "not valid JSON: .* found ' at line 1, column 2"],
  ['[]', 'The request body is an array; send a JSON object'],
  ['null', 'The request body is null; send a JSON object'],
  ['"text"', 'The request body is the string "text"; send a JSON object'],
  ['{"name": "x", "confg": {}}', '"confg".* the nearest known field is "config"'],
  ['{"name": "x", "zzzzzzzzz": 1, "config": {}}', /^Unrecognized field "zzzzzzzzz" in the request body$/],
  ['{"name": "x"}', 'lacks the field "config"'],
  ['{"name": "x", "config": null}', 'null is no configuration: give the field "config" a JSON object'],
  ['{"name": "x", "config": ["a"]}', 'an array is no configuration'],
  ['{"name": "x", "config": {"a.b": {"c": 1}}}', 'The value of "a.b" is an object; give it a string'],
  ['{"name": "x", "config": {"a.b": ["c"]}}', 'The value of "a.b" is an array; give it a string'],
  ['{"name": ["x"], "config": {}}', 'The value of "name" is an array'],
  ['{"name": "x", "config": {}, "initial_state": {}}', 'The value of "initial_state" is an object'],
])('POST refuses the body %s', async (body, message) => {
  const rest = restClient(memoryHerder())
  const answer = await rest.send('POST', '/connectors', body, { 'content-type': 'application/json' })
  expect(answer).toMatchObject(refusal(400, message))
  expect((await rest.get('/connectors')).json).toEqual([])
})

test.each([
  ['', 'no body'],
  ['[{"a": "b"}]', 'is an array'],
  ['{"a": {"b": "c"}}', 'The value of "a" is an object'],
  ['{"a": "b"', 'not valid JSON'],
])('PUT config and validate refuse the body %s', async (body, message) => {
  const rest = restClient(memoryHerder())
  for (const path of ['/connectors/x/config', '/connector-plugins/MemorySink/config/validate'])
    expect(await rest.send('PUT', path, body, { 'content-type': 'application/json' })).toMatchObject(
      refusal(400, message),
    )
})

test('refuses a body that is not UTF-8', async () => {
  const body = Buffer.concat([Buffer.from('{"name": "'), Buffer.from([0xff]), Buffer.from('"}')])
  expect(await restClient(memoryHerder()).send('POST', '/connectors', body)).toMatchObject(refusal(400, 'not UTF-8'))
})

test('a property may have any name', async () => {
  const rest = restClient(memoryHerder())
  const body = '{"name": "x", "config": {"connector.class": "MemorySink", "__proto__": "p", "constructor": "c"}}'
  expect(await rest.send('POST', '/connectors', body)).toMatchObject({ status: 201 })
  expect((await rest.get('/connectors/x/config')).text).toContain('"__proto__":"p","constructor":"c"')
})

test('hands nulls to the herder, which knows what they mean', async () => {
  let seen: unknown
  const herder = memoryHerder({
    validate: async (_, props) => {
      seen = props
      return { keys: [], warnings: [] }
    },
  })
  const path = '/connector-plugins/MemorySink/config/validate'
  await restClient(herder).send('PUT', path, { ...config, topics: null })
  expect(seen).toEqual({ ...config, topics: null })
})
