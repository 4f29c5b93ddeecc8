import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Revocation, RevocationChange } from '#api'
import { createMemoryTopics, openFileRevocations, openTopicRevocations } from '../../../src/storage/index.ts'
import { manualClock, quietLog, recordingLog } from '../../support/quiet.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const now = 1_700_000_000_000
const user = (name: string, more: Partial<Revocation> = {}): Revocation => ({
  id: `user-${name}`,
  of: { kind: 'user', user: name },
  at: now,
  ...more,
})

async function openTopic(kafka = createMemoryTopics(), max = 3, clock = manualClock(now), log = quietLog) {
  const options = { kafka, topic: 'revocations', clientId: 'test', log, clock, max }
  const stored = await openTopicRevocations(options)
  onTestFinished(() => stored.close())
  return { stored, kafka, clock }
}

test('a worker that starts later has what others revoked, and each hears of the other', async () => {
  const { stored, kafka } = await openTopic()
  await stored.add(user('ann', { until: now + 1000, reason: 'left' }))
  await stored.add({ id: 'c', of: { kind: 'channels', channels: 'bus:*', user: 'bob' }, at: now })
  const { stored: late } = await openTopic(kafka)
  expect(late.all()).toEqual(stored.all())
  const heard: RevocationChange[] = []
  stored.onChange((change) => heard.push(change))
  await late.add({ id: 's', of: { kind: 'session', session: 's-1' }, at: now })
  expect(await late.remove('c')).toBe(true)
  expect(await late.remove('c')).toBe(false)
  await expect.poll(() => heard.map((change) => change.made?.id ?? change.ended)).toEqual(['s', 'c'])
})

test('more than may be are refused, and what has ended makes room', async () => {
  const { stored, clock } = await openTopic()
  for (const name of ['a', 'b', 'c']) await stored.add(user(name, { until: now + 1000 }))
  await stored.add(user('a', { until: now + 2000 }))
  await expect(stored.add(user('d'))).rejects.toThrow(/gateway.revocations.max is 3/)
  await clock.advance(61_000)
  expect(stored.all()).toEqual([])
  await stored.add(user('d'))
  expect(stored.all()).toHaveLength(1)
})

test('a topic that holds more than may be in force is read within the bound, with one word, and what is over takes no room', async () => {
  const { stored: other, kafka } = await openTopic(createMemoryTopics(), 100)
  for (const name of ['x', 'y', 'z']) await other.add(user(name, { until: now + 1000 }))
  for (let n = 0; n < 20; n++) await other.add(user(String(n)))
  const log = recordingLog()
  const { stored, clock } = await openTopic(kafka, 5, manualClock(now + 2000), log)
  expect(stored.all().map(({ id }) => id)).toEqual(['user-0', 'user-1', 'user-2', 'user-3', 'user-4'])
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  // One of those in force is changed or ends as ever, and then there is room again.
  await other.add(user('4', { until: clock.now() + 1000 }))
  await other.remove('user-0')
  await expect.poll(() => stored.all().length).toBe(4)
  await other.add(user('new'))
  await expect.poll(() => stored.all().map(({ id }) => id)).toContain('user-new')
})

test('what others wrote into the topic is passed over, with a word', async () => {
  const kafka = createMemoryTopics()
  const log = recordingLog()
  const { stored } = await openTopic(kafka, 3, manualClock(now), log)
  const producer = await kafka.producer({ clientId: 'other' })
  for (const value of [
    '{',
    '7',
    '{"at":1}',
    '{"at":1,"of":{"kind":"planet"}}',
    '{"at":"x","of":{"kind":"user","user":"a"}}',
  ])
    await producer.send([{ topic: 'revocations', key: Buffer.from('k'), value: Buffer.from(value), headers: [] }])
  await expect.poll(() => log.lines.filter(({ level }) => level === 'warn')).toHaveLength(5)
  expect(stored.all()).toEqual([])
})

test('a lone worker finds them in its file, and does not start over one that it cannot read', async () => {
  const file = join(await tempFolder(), 'offsets.revocations')
  const clock = manualClock(now)
  const options = { clock, max: 2 }
  const stored = await openFileRevocations(file, options)
  await Promise.all([stored.add(user('ann')), stored.add(user('bob', { until: now + 1000 }))])
  await expect(stored.add(user('eve'))).rejects.toThrow(/gateway.revocations.max/)
  expect((await openFileRevocations(file, options)).all()).toEqual([user('ann'), user('bob', { until: now + 1000 })])
  await clock.advance(1000)
  expect(await stored.remove('user-ann')).toBe(true)
  expect(await readFile(file, 'utf8')).toBe('{}\n')
  for (const text of ['{', '{"a":{"at":1}}']) {
    await writeFile(file, text)
    await expect(openFileRevocations(file, options)).rejects.toThrow(/cannot be read/)
  }
})

test('what cannot be written to the file is not in force', async () => {
  const folder = join(await tempFolder(), 'data')
  const blocked = await openFileRevocations(join(folder, 'offsets'), { clock: manualClock(now), max: 2 })
  await blocked.add(user('ann'))
  await rm(folder, { recursive: true })
  await writeFile(folder, '')
  await expect(blocked.add(user('bob'))).rejects.toThrow(/is not stored in/)
  // What was revoked before stays so.
  await expect(blocked.add(user('ann', { at: now + 1 }))).rejects.toThrow(/is not stored in/)
  await expect(blocked.remove('user-ann')).rejects.toThrow(/is not stored in/)
  expect(blocked.all()).toEqual([user('ann')])
})

test('what is revoked anew while the ends of others are stored stays revoked everywhere', async () => {
  const kafka = createMemoryTopics()
  const clock = manualClock(now)
  const { stored: first } = await openTopic(kafka, 10, clock)
  for (const name of ['a', 'b']) await first.add(user(name, { until: now + 1000 }))
  await first.close()
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow: typeof kafka = {
    ...kafka,
    async producer(options) {
      const producer = await kafka.producer(options)
      return {
        ...producer,
        async send(records) {
          if (records.some(({ key, value }) => value === null && key?.toString() === 'user-a')) await held
          return producer.send(records)
        },
      }
    },
  }
  const { stored } = await openTopic(slow, 10, clock)
  // It has ended, and its end is being stored.
  await clock.advance(61_000)
  const again = user('b', { at: now + 61_000, until: now + 90_000 })
  await stored.add(again)
  release()
  await expect.poll(() => kafka.records('revocations').at(-1)?.key?.toString()).toBe('user-a')
  expect(stored.all()).toEqual([again])
  await stored.close()
  const { stored: late } = await openTopic(kafka, 10, clock)
  expect(late.all()).toEqual([again])
})

test('all workers agree when two of them say something else of the same at once', async () => {
  const kafka = createMemoryTopics()
  const { stored: other } = await openTopic(kafka)
  const behind: typeof kafka = {
    ...kafka,
    async producer(options) {
      const producer = await kafka.producer(options)
      return {
        ...producer,
        async send(records) {
          const answers = await producer.send(records)
          // The other's word comes right behind ours, before we hear that ours is stored.
          await other.add(user('ann', { at: now + 9 }))
          return answers
        },
      }
    },
  }
  const { stored } = await openTopic(behind)
  await other.add(user('ann'))
  await expect.poll(() => stored.all()).toHaveLength(1)
  expect(await stored.remove('user-ann')).toBe(true)
  await expect
    .poll(() => [stored.all(), other.all()])
    .toEqual([[user('ann', { at: now + 9 })], [user('ann', { at: now + 9 })]])
  await stored.add(user('ann', { at: now + 5 }))
  await expect
    .poll(() => [stored.all(), other.all()])
    .toEqual([[user('ann', { at: now + 9 })], [user('ann', { at: now + 9 })]])
})
