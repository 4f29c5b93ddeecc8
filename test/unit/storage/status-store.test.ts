import { expect, test } from 'vitest'
import { createMemoryStatusStore, createMemoryTopics } from '../../../src/storage/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { testStatusStore } from '../../conformance/status-store.ts'
import { eventually } from '../../support/eventually.ts'
import { quietLog } from '../../support/quiet.ts'

testStatusStore('memory', async () => {
  const topics = createMemoryTopics()
  return { open: () => createMemoryStatusStore({ log: quietLog, clock: systemClock, topics }) }
})

test.each(['UNASSIGNED', 'FAILED'] as const)(
  'says again that a task runs when a worker that had it before says %s behind it',
  async (late) => {
    const topics = createMemoryTopics()
    const open = () => createMemoryStatusStore({ log: quietLog, clock: systemClock, topics })
    const [now, before, third] = [await open(), await open(), await open()]
    const written: string[] = []
    await topics.topicLog({
      topic: 'statuses',
      clientId: 'test',
      onRecord: ({ value }) => written.push((JSON.parse(String(value)) as { readonly state: string }).state),
    })
    now.putTask('c', 0, { state: 'RUNNING', workerId: 'now:1', generation: 6, version: '1' })
    await eventually(() => third.task('c', 0))
    before.putTask('c', 0, { state: late, workerId: 'before:1', generation: 5, version: '1' })
    await eventually(() => written.length >= 3)
    await Promise.all([now, before, third].map((store) => store.flush(1000)))
    expect(written).toEqual(['RUNNING', late, 'RUNNING'])
    expect(third.task('c', 0)).toMatchObject({ state: 'RUNNING', workerId: 'now:1' })
    now.putTask('c', 0, { state: late, workerId: 'now:1', generation: 7, version: '1' })
    await eventually(() => third.task('c', 0)?.state === late)
    expect(written).toHaveLength(4)
  },
)

test.each(['RUNNING', 'PAUSED', 'STOPPED'] as const)(
  'says again that a connector is %s when a worker that had it before gives it up behind it',
  async (state) => {
    const topics = createMemoryTopics()
    const open = () => createMemoryStatusStore({ log: quietLog, clock: systemClock, topics })
    const [now, before] = [await open(), await open()]
    now.putConnector('c', { state, workerId: 'now:1', generation: 6, version: '1' })
    await eventually(() => before.connector('c'))
    before.putConnector('c', { state: 'UNASSIGNED', workerId: 'before:1', generation: 6, version: '1' })
    await Promise.all([now, before].map((store) => store.flush(1000)))
    const written: string[] = []
    const onRecord = ({ value }: { readonly value: Buffer | null }) => void written.push(String(value))
    await eventually(async () => {
      written.length = 0
      await topics.topicLog({ topic: 'statuses', clientId: 'test', onRecord })
      return written.length === 3
    })
    expect(JSON.parse(written[2] ?? '')).toMatchObject({ state, worker_id: 'now:1' })
    expect(before.connector('c')?.state).toBe(state)
  },
)
