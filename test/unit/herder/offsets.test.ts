import { expect, test } from 'vitest'
import { type AlteredOffset, ConflictError, ConnectError } from '#api'
import { setUp } from './harness.ts'

const sink = { 'connector.class': 'ScriptedSink', topics: 't' }
const at = (topic: unknown, partition: unknown, offset?: unknown): AlteredOffset => ({
  partition: { kafka_topic: topic, kafka_partition: partition },
  offset: offset === undefined ? null : { kafka_offset: offset },
})
const long = (verb: string) =>
  `The Connect framework-managed offsets for this connector have been ${verb} successfully. However, if this connector manages offsets externally, they will need to be manually ${verb} in the system that the connector uses.`

test('a source’s offsets are read in every state, and changed only while it is stopped', async () => {
  const { herder, put, offsets } = setUp()
  await put()
  await offsets.put('c', [{ partition: { file: 'a' }, offset: { line: 3 } }])
  expect(await herder.offsets('c')).toEqual([{ partition: { file: 'a' }, offset: { line: 3 } }])
  const complaint =
    "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/c/stop' endpoint"
  for (const state of ['STARTED', 'PAUSED'] as const) {
    await herder.setTargetState('c', state)
    const refused = { status: 400, message: complaint }
    await expect(herder.resetOffsets('c')).rejects.toMatchObject(refused)
    await expect(herder.alterOffsets('c', [{ partition: {}, offset: null }])).rejects.toMatchObject(refused)
  }
  await herder.setTargetState('c', 'STOPPED')
  expect(await herder.resetOffsets('c')).toBe(long('reset'))
  expect(await herder.offsets('c')).toEqual([])
  expect(await herder.resetOffsets('c')).toBe(long('reset'))
})

test('a source’s partition is found whatever the order of its keys, and others stay', async () => {
  const { herder, put, offsets } = setUp()
  await put({}, 'STOPPED')
  await offsets.put('c', [
    { partition: { b: 1, a: 'x' }, offset: { line: 1 } },
    { partition: { b: 2, a: 'x' }, offset: { line: 2 } },
  ])
  await herder.alterOffsets('c', [
    { partition: { a: 'x', b: 1 }, offset: { line: 9 } },
    { partition: { a: 'new' }, offset: { line: 0 } },
  ])
  expect(await offsets.get('c', { b: 1, a: 'x' })).toEqual({ line: 9 })
  expect(await offsets.get('c', { b: 2, a: 'x' })).toEqual({ line: 2 })
  expect(await offsets.get('c', { a: 'new' })).toEqual({ line: 0 })
  await herder.alterOffsets('c', [{ partition: { a: 'x', b: 2 }, offset: null }])
  expect(await herder.offsets('c')).toHaveLength(2)
})

test('the connector is asked first, with what will be written', async () => {
  const { herder, put, script, offsets, kafka } = setUp()
  await put({}, 'STOPPED')
  const asked: unknown[] = []
  script.alterOffsets = (each) => {
    asked.push(each)
    return true
  }
  const wanted = [{ partition: { a: 'x' }, offset: { line: 9 } }]
  expect(await herder.alterOffsets('c', wanted)).toBe('The offsets for this connector have been altered successfully')
  expect(await herder.resetOffsets('c')).toBe('The offsets for this connector have been reset successfully')
  expect(asked).toEqual([wanted, [{ partition: { a: 'x' }, offset: null }]])
  script.alterOffsets = () => {
    throw new ConnectError('No such file')
  }
  await expect(herder.alterOffsets('c', wanted)).rejects.toMatchObject({ status: 500, message: 'No such file' })
  expect(await offsets.list('c')).toEqual([])
  script.alterOffsets = () => {
    throw new TypeError('oops')
  }
  const refused = { status: 500, message: 'Failed to modify offsets for source connector c' }
  await expect(herder.alterOffsets('c', wanted)).rejects.toMatchObject(refused)
  expect(kafka.calls).toEqual([])
})

test('an alteration needs offsets, and flat ones', async () => {
  const { herder, put } = setUp()
  await put({}, 'STOPPED')
  await expect(herder.alterOffsets('c', [])).rejects.toMatchObject({
    status: 400,
    message: 'Partitions / offsets need to be provided for an alter offsets request',
  })
  await expect(herder.alterOffsets('c', [{ partition: { a: {} }, offset: null }])).rejects.toThrow(
    'Offsets may only contain primitive types as values, but field a contains MAP',
  )
})

test('a sink’s offsets are those of its consumer group, or of the one that it names', async () => {
  const { herder, put, kafka } = setUp()
  await put(sink, 'STOPPED')
  kafka.committed.push({ topic: 't', partition: 1, offset: 2n ** 60n }, { topic: 't', partition: 0, offset: 5n })
  expect(await herder.offsets('c')).toEqual([at('t', 0, 5), at('t', 1, 2n ** 60n)])
  expect(await herder.alterOffsets('c', [at('t', '1', '7'), at('t', 0)])).toBe(long('altered'))
  expect(await herder.resetOffsets('c')).toBe(long('reset'))
  const elsewhere = { 'bootstrap.servers': 'elsewhere:9092' }
  await put({
    ...sink,
    'consumer.override.group.id': 'mine',
    'admin.override.bootstrap.servers': elsewhere['bootstrap.servers'],
  })
  await herder.resetOffsets('c')
  expect(kafka.calls).toEqual([
    { committed: 'connect-c', topics: [], props: {} },
    {
      alter: 'connect-c',
      offsets: [
        { topic: 't', partition: 1, offset: 7n },
        { topic: 't', partition: 0, offset: null },
      ],
      props: {},
    },
    { committed: 'connect-c', topics: [], props: {} },
    { delete: 'connect-c', props: {} },
    { committed: 'mine', topics: [], props: elsewhere },
    { delete: 'mine', props: elsewhere },
  ])
})

test('a Kafka that does not answer is waited for no longer than 30 s', async () => {
  const { herder, put, kafka, pass } = setUp()
  await put(sink)
  kafka.client.committed = () => new Promise<never>(() => undefined)
  let error: unknown
  const ask = async () => {
    error = await herder.offsets('c').catch((thrown: unknown) => thrown)
  }
  const asked = ask()
  // It is asked a few turns later.
  for (let seconds = 0; seconds < 60 && error === undefined; seconds++) await pass(1000)
  await asked
  expect(error).toMatchObject({
    status: 504,
    message:
      'Reading the offsets of c took longer than 30000 ms. Try again; if it stays so, look whether Kafka answers.',
  })
})

test.each<readonly [unknown, number, string]>([
  [{ offset: null }, 400, 'The partition for a sink connector offset cannot be null or missing'],
  [
    { partition: { kafka_topic: 't' }, offset: null },
    400,
    "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
  ],
  [at(null, 0), 400, 'Kafka topic names must be valid strings and may not be null'],
  [at('t', null), 400, 'Kafka partitions must be valid numbers and may not be null'],
  [
    at('t', 'x'),
    400,
    "Failed to parse the following Kafka partition value in the provided offsets: 'x'. Partition values for sink connectors need to be integers.",
  ],
  [
    { ...at('t', 0), offset: { position: 1 } },
    400,
    "The offset for a sink connector should either be null or contain the key 'kafka_offset'",
  ],
  [
    at('t', 0, 1.5),
    400,
    "Failed to parse the following Kafka offset value in the provided offsets: '1.5'. Offset values for sink connectors need to be integers.",
  ],
  [at('t', 0, -1), 500, 'Failed to modify offsets for sink connector c'],
])('a sink’s offset %j is refused', async (offset, status, message) => {
  const { herder, put } = setUp()
  await put(sink, 'STOPPED')
  await expect(herder.alterOffsets('c', [offset as AlteredOffset])).rejects.toMatchObject({ status, message })
})

test('what Kafka refuses is told in Kafka Connect’s words', async () => {
  const { herder, put, kafka } = setUp()
  await put(sink, 'STOPPED')
  kafka.refusal.error = new Error('no such topic')
  const alter = () => herder.alterOffsets('c', [at('t', 0, 1)])
  await expect(alter()).rejects.toMatchObject({
    status: 500,
    message: 'Failed to alter consumer group offsets for connector c',
  })
  await expect(herder.resetOffsets('c')).rejects.toMatchObject({
    status: 500,
    message: 'Failed to reset consumer group offsets for sink connector c',
  })
  kafka.refusal.error = new ConflictError('the group has members')
  await expect(alter()).rejects.toThrow(
    /^Failed to alter consumer group offsets for connector c either because its tasks haven't stopped/,
  )
  await expect(herder.resetOffsets('c')).rejects.toThrow(/request to reset its offsets could be successfully completed/)
})
