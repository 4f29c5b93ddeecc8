import { expect, test } from 'vitest'
import { connectors } from '../../../src/connectors/index.ts'

test('offers the connectors that come with the worker under their names', () => {
  expect(connectors.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'sink FileStreamSink',
    'source FileStreamSource',
    'sink WebhookSink',
    'sink WebSocketClientSink',
    'source WebSocketClientSource',
    'sink WebSocketServerSink',
    'source WebSocketServerSource',
  ])
})

test.each(connectors)('documents every option of $name and accepts its own defaults', ({ config }) => {
  for (const [name, key] of Object.entries(config.keys)) {
    expect(key.doc).toMatch(/\.$/)
    const value = key.default
    const given = { [name]: Array.isArray(value) ? value.join() : String(value) }
    const errors =
      value === undefined || value === null ? [] : config.validate(given).filter((each) => each.name === name)
    expect(errors.flatMap((each) => each.errors)).toEqual([])
  }
})
