import { expect, test } from 'vitest'
import { connectors } from '../../../src/connectors/index.ts'
import { webSocketClientSink } from '../../../src/connectors/websocket/client-sink.ts'
import { webSocketServerSink } from '../../../src/connectors/websocket/server-sink.ts'
import { webSocketServerSource } from '../../../src/connectors/websocket/server-source.ts'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import type { KafkaRecord } from '../../../src/kafka/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { previewDeclaration, type WorkerDeps } from '../../../src/runtime/index.ts'
import { predicates, transformations } from '../../../src/transforms/index.ts'
import { quietLog } from '../../support/quiet.ts'

const raw = (offset: number, value: string | null, more: Partial<KafkaRecord> = {}): KafkaRecord => ({
  topic: 'buses',
  partition: 0,
  offset: BigInt(offset),
  timestamp: 1700,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: [],
  ...more,
})

/** A worker of which a preview may use its plugins and `newest`, and nothing else. */
function previewOf(
  connector: Parameters<typeof previewDeclaration>[0],
  props: object,
  records: readonly KafkaRecord[],
) {
  const asked: unknown[] = []
  const kafka = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name !== 'newest') throw new Error(`a preview may not use ${String(name)}`)
        return async (...args: unknown[]) => {
          asked.push(args.slice(0, 2))
          return records
        }
      },
    },
  )
  const deps = {
    kafka,
    plugins: createPlugins([connectors, converters, headerConverters, transformations, predicates]),
    log: quietLog,
    workerProps: {
      'key.converter': 'StringConverter',
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'false',
    },
  } as unknown as WorkerDeps
  const given = { name: 'c', 'connector.class': connector.name, topics: 'buses', ...props }
  const preview = previewDeclaration(connector, given, {
    deps,
    limit: 5,
    signal: new AbortController().signal,
    redact: (text) => text.replaceAll('tell-nobody', '[hidden]'),
  })
  return { preview, asked }
}

test('shows what a record becomes at each stage, to the message with its channel', async () => {
  const { preview, asked } = previewOf(
    webSocketServerSink,
    {
      channel: 'all,bus:#{value.id}',
      'message.key': 'value.id',
      transforms: 'split,project',
      'transforms.split.type': 'Split',
      'transforms.project.type': 'Project',
      'transforms.project.fields': '{"id":"id"}',
    },
    [raw(7, '[{"id":1,"x":2}]', { key: Buffer.from('k'), headers: [{ key: 'n', value: Buffer.from('300') }] })],
  )
  const { records, warnings } = await preview
  expect(asked).toEqual([[['buses'], 5]])
  expect(warnings).toEqual([])
  expect(records).toHaveLength(1)
  expect(records[0]?.origin).toEqual({ topic: 'buses', partition: 0, offset: '7' })
  expect(records[0]?.stages.map(({ stage, class: name, records: made }) => [stage, name, made.length])).toEqual([
    ['key.converter', 'org.apache.kafka.connect.storage.StringConverter', 1],
    ['value.converter', 'org.apache.kafka.connect.json.JsonConverter', 1],
    ['header.converter', 'org.apache.kafka.connect.storage.SimpleHeaderConverter', 1],
    ['split', 'Split', 1],
    ['project', 'Project', 1],
    ['route', undefined, 2],
    ['message', undefined, 2],
  ])
  const made = { topic: 'buses', partition: 0, timestamp: 1700, key: 'k', headers: [{ key: 'n', value: 300 }] }
  expect(records[0]?.stages[2]?.records).toEqual([{ ...made, value: [{ id: 1, x: 2 }] }])
  expect(records[0]?.stages.at(-1)?.records).toEqual([
    { ...made, value: { id: 1 }, channel: 'all', message: '{"id":1}' },
    { ...made, value: { id: 1 }, channel: 'bus:1', message: '{"id":1}' },
  ])
})

test('a record that fails shows so at its stage, and the next one goes on', async () => {
  const { preview } = previewOf(webSocketServerSink, { channel: 'bus:#{value.id}' }, [
    raw(1, 'not json'),
    raw(2, '{"x":1}'),
    raw(3, '{"id":3}'),
  ])
  const [poison, unroutable, fine] = (await preview).records
  expect(poison?.stages.at(-1)).toMatchObject({ stage: 'value.converter', records: [] })
  expect(poison?.stages.at(-1)?.error).toContain('failed for buses-0@1')
  expect(poison?.stages.at(-1)?.error).toContain('6e 6f 74 20 6a 73 6f 6e |not json|')
  expect(unroutable?.stages.at(-1)).toMatchObject({ stage: 'route', records: [] })
  expect(unroutable?.stages.at(-1)?.error).toContain('TASK_PUT')
  expect(fine?.stages.at(-1)?.records[0]?.channel).toBe('bus:3')
})

test('a dropped record ends where it is dropped', async () => {
  const { preview } = previewOf(
    webSocketServerSink,
    { channel: 'all', transforms: 'drop,later', 'transforms.drop.type': 'Filter', 'transforms.later.type': 'Split' },
    [raw(1, '{}')],
  )
  expect((await preview).records[0]?.stages.at(-1)).toEqual({
    stage: 'drop',
    class: 'org.apache.kafka.connect.transforms.Filter',
    records: [],
  })
})

test('a tombstone is routed and has no message', async () => {
  const { preview } = previewOf(webSocketServerSink, { channel: 'all' }, [raw(1, null)])
  expect((await preview).records[0]?.stages.at(-1)?.records).toEqual([
    { topic: 'buses', partition: 0, timestamp: 1700, key: null, value: null, headers: [], channel: 'all' },
  ])
})

test('a sink without channels shows the message as it would be sent', async () => {
  const { preview } = previewOf(
    webSocketClientSink,
    { uri: 'ws://localhost/in', message: '{"m":#{value.id},"id":#{id}}', ack: 'id' },
    [raw(4, '{"id":9007199254740993}')],
  )
  const stages = (await preview).records[0]?.stages ?? []
  expect(stages.map(({ stage }) => stage)).not.toContain('route')
  expect(stages.at(-1)?.records[0]?.message).toBe('{"m":"9007199254740993","id":"buses-0-4"}')
})

test('empty topics and sources are told', async () => {
  expect((await previewOf(webSocketServerSink, { channel: 'all' }, []).preview).warnings).toEqual([
    'There are no records to preview in buses.',
  ])
  await expect(previewOf(webSocketServerSource, { channels: 'in', topic: 't' }, []).preview).rejects.toThrow(
    'WebSocketServerSource is a source',
  )
})

test('what a provider gave is hidden, also where a transformation has put it into a record', async () => {
  const { preview } = previewOf(
    webSocketServerSink,
    {
      channel: 'c',
      transforms: 'add',
      'transforms.add.type': 'InsertField$Value',
      'transforms.add.static.field': 'password',
      'transforms.add.static.value': 'tell-nobody',
    },
    [raw(0, '{"a":1}')],
  )
  const text = JSON.stringify(await preview)
  expect(text).toContain('[hidden]')
  expect(text).not.toContain('tell-nobody')
})
