import { expect, test } from 'vitest'
import { DataError } from '#api'
import { describeConsumed, describeProduced } from '../../../src/runtime/describe-record.ts'
import { hexdump, natureOf } from '../../../src/runtime/hexdump.ts'

const raw = {
  topic: 't',
  partition: 2,
  offset: 5n,
  timestamp: 1700,
  timestampType: 'CreateTime' as const,
  key: null,
  value: Buffer.from('secret!\n\xff', 'latin1'),
  headers: [],
}

test('a poison record is named by where it is and what it looks like; its contents stay out', () => {
  const { where, details, logged, facts } = describeConsumed(raw, new DataError('bad'), false)
  expect(where).toBe('t-2@5')
  expect(details).toBe(' (key: null; value: 9 bytes that are no text)')
  expect(logged).toBe(
    ", where consumed record is {topic='t', partition=2, offset=5, timestamp=1700, timestampType=CreateTime}",
  )
  expect(JSON.stringify(facts)).not.toContain('secret')
})

test('with messages included its first bytes are shown, and the schema that was tried', () => {
  const error = new Error('outer', {
    cause: new DataError('bad', { context: { schemaId: 7, schema: { type: 'int' } } }),
  })
  const { details } = describeConsumed(raw, error, true)
  expect(details).toBe(
    ' (key: null; value: 9 bytes that are no text: 73 65 63 72 65 74 21 0a ff |secret!..|; schema: id 7 {"type":"int"})',
  )
})

test('a dump ends after 64 bytes', () => {
  const dump = hexdump(Buffer.alloc(100, 'a'))
  expect(dump.match(/61/g)).toHaveLength(64)
  expect(dump.endsWith('|…')).toBe(true)
  expect(hexdump(Buffer.from('ab'))).toBe('61 62 |ab|')
})

test.each([
  [null, 'null'],
  [Buffer.alloc(0), '0 bytes'],
  [Buffer.from([0, 0, 0, 1, 2, 9]), "6 bytes that begin like Confluent's format with schema id 258"],
  [Buffer.from(' {"a":1}'), '8 bytes of text that begins like JSON'],
  [Buffer.from('x'), '1 byte of text'],
  [Buffer.from([1, 0xff]), '2 bytes that are no text'],
])('%j looks like %s', (bytes, nature) => {
  expect(natureOf(bytes)).toBe(nature)
})

test('a source record is told in Kafka Connect’s form, clipped', () => {
  const { logged, where } = describeProduced({
    topic: 't',
    key: 'k',
    value: 'v'.repeat(1000),
    headers: [],
    path: [],
    sourcePartition: { file: 'a' },
    sourceOffset: { at: 1 },
  })
  expect(where).toBe('a record for t from {"file":"a"}{"at":1}')
  expect(logged).toContain(
    `, where source record is = SourceRecord{sourcePartition={"file":"a"}, sourceOffset={"at":1}} ConnectRecord{topic='t', kafkaPartition=null, key="k", value="vvv`,
  )
  expect(logged.length).toBeLessThan(600)
})
