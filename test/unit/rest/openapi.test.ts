import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { openApi, routes } from '../../../src/rest/index.ts'
import { restClient } from '../../conformance/rest-client.ts'
import { expectDocumented } from '../../conformance/rest-document.ts'
import { memoryHerder } from './memory-herder.ts'

test('serves a valid OpenAPI 3.1 document of every path', async () => {
  const { status, json } = await restClient(memoryHerder()).get('/openapi.json')
  expect(status).toBe(200)
  expect(json).toEqual(JSON.parse(JSON.stringify(openApi(routes))))
  const validator = new Validator()
  expect(await validator.validate(json as Record<string, unknown>)).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
  const { paths } = json as { paths: Record<string, object> }
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(listed.toSorted()).toEqual(
    routes.map(({ method, path }) => `${method} ${path.replace('*', '{rest}').replace(/:(\w+)/g, '{$1}')}`).toSorted(),
  )
})

test('gives every operation a name of its own, and refers to nothing that is not there', () => {
  const document = openApi(routes)
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((each) => each.operationId))
  expect(new Set(ids).size).toBe(ids.length)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
  const used = new Set(references.map(([, name = '']) => name))
  expect([...used].toSorted()).toEqual(Object.keys(document.components['schemas'] ?? {}).toSorted())
})

test('notices an answer that is not as documented', () => {
  const status = {
    name: 'c',
    connector: { state: 'RUNNING', worker_id: 'w:1', version: '1' },
    tasks: [],
    type: 'sink',
  }
  const check = (json: unknown, code = 200) => expectDocumented('GET', '/connectors/c/status', code, json)
  expect(() => check(status)).not.toThrow()
  expect(() => check({ ...status, type: 'drain' })).toThrow('GET /connectors/c/status → 200')
  expect(() => check({ ...status, more: 1 })).toThrow('→ 200')
  expect(() => check({ ...status, connector: { state: 'ASLEEP', worker_id: 'w:1' } })).toThrow('→ 200')
  expect(() => check(status, 206)).toThrow('not documented to answer 206')
})
