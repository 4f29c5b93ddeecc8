import { expect, test } from 'vitest'
import type { SourceConnector } from '#api'
import { ConnectError, defineConfig, defineSource } from '#api'
import { fileStreamSource } from '../../../src/connectors/file/source.ts'
import { exactlyOnceComplaints } from '../../../src/runtime/validation-exactly-once.ts'

const source = (more: Partial<SourceConnector> = {}) =>
  ({
    ...defineSource({
      name: 'S',
      version: '1',
      doc: 'S.',
      config: defineConfig({}),
      startTask: () => ({ poll: async () => [] }),
    }),
    ...more,
  }) as SourceConnector

const required = { 'exactly.once.support': 'REQUIRED' }
const byConnector = { 'transaction.boundary': 'connector' }
const errorsOf = (plugin: SourceConnector, props: Record<string, string>, isEnabled: boolean | undefined) =>
  exactlyOnceComplaints(plugin, props, [], isEnabled).map(([, error]) => error)

test('a source that has to be exactly once is asked whether it can be', () => {
  expect(errorsOf(source({ exactlyOnceSupport: () => true }), required, true)).toEqual([])
  expect(errorsOf(source({ exactlyOnceSupport: () => false }), required, true)).toEqual([
    'The connector does not support exactly-once semantics with the provided configuration.',
  ])
  expect(errorsOf(source(), required, true)).toEqual([expect.stringContaining('does not implement the API')])
  const fails = source({
    exactlyOnceSupport() {
      throw new ConnectError('no idea')
    },
  })
  expect(errorsOf(fails, required, true)).toEqual(['An unexpected error occurred during validation: no idea'])
})

test('a worker that does not have it enabled says so, and a standalone one asks nothing', () => {
  const able = source({ exactlyOnceSupport: () => true })
  expect(errorsOf(able, required, false)).toEqual(['This worker does not have exactly-once source support enabled.'])
  expect(errorsOf(source(), required, undefined)).toEqual([])
  expect(errorsOf(source(), {}, false)).toEqual([])
})

test('boundaries that the connector says need one that can', () => {
  expect(errorsOf(source({ canDefineTransactionBoundaries: () => true }), byConnector, false)).toEqual([])
  expect(errorsOf(source(), byConnector, true)).toEqual([
    expect.stringContaining('does not support connector-defined transaction boundaries'),
  ])
})

test('a file can be read exactly once, standard input cannot', () => {
  const ask = (props: Record<string, string>) => errorsOf(fileStreamSource, { topic: 't', ...props, ...required }, true)
  expect(ask({ file: '/tmp/f' })).toEqual([])
  expect(ask({})).toHaveLength(1)
})
