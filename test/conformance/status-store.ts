import { expect, onTestFinished, test } from 'vitest'
import type { Status, StatusStore } from '../../src/storage/index.ts'
import { eventually } from '../support/eventually.ts'

export interface StatusStoreSubject {
  /** Another worker's store on the same topic. */
  open(): Promise<StatusStore>
}

const status = (state: Status['state'], workerId: string, generation: number, more: Partial<Status> = {}): Status => ({
  state,
  workerId,
  generation,
  version: '1.0',
  ...more,
})

/** What every `StatusStore` keeps to. `prepare` is called once a test, for a topic of its own. */
export function testStatusStore(what: string, prepare: () => Promise<StatusStoreSubject>): void {
  async function pair() {
    const subject = await prepare()
    const open = async () => {
      const store = await subject.open()
      onTestFinished(() => store.close())
      return store
    }
    return { mine: await open(), other: await open(), open }
  }

  test(`${what}: what one worker says all see, also those that come later`, async () => {
    const { mine, other, open } = await pair()
    const failed = status('FAILED', 'w:1', 3, { trace: 'at line 1', facts: { lag: 5, ready: true, at: 'x' } })
    mine.putConnector('c-1', status('RUNNING', 'w:1', 3))
    mine.putTask('c-1', 0, failed)
    mine.putTask('c-1', 10, status('RUNNING', 'w:1', 3))
    mine.putTask('c-1', 2, status('PAUSED', 'w:1', 3, { version: null }))
    await mine.flush(10_000)
    await eventually(() => other.tasks('c-1').size === 3 && other.connector('c-1'))
    for (const store of [other, await open()]) {
      expect(store.connector('c-1')).toEqual(status('RUNNING', 'w:1', 3))
      expect([...store.tasks('c-1').keys()]).toEqual([0, 2, 10])
      expect(store.task('c-1', 0)).toEqual(failed)
      expect(store.task('c-1', 2)).toEqual(status('PAUSED', 'w:1', 3, { version: null }))
      expect(store.task('c-1', 1)).toBeUndefined()
      expect(store.connectors()).toEqual(new Set(['c-1']))
    }
  })

  test(`${what}: of what is put quickly the last stays`, async () => {
    const { mine, other } = await pair()
    for (let n = 0; n < 200; n++) mine.putTask('c', n % 3, status(n < 190 ? 'RESTARTING' : 'RUNNING', 'w:1', n))
    await mine.flush(10_000)
    const generations = () => [...other.tasks('c').values()].map(({ generation }) => generation)
    await eventually(() => Math.max(...generations()) === 199 && other.tasks('c').size === 3)
    await eventually(() => generations().every((generation) => generation >= 197))
    expect(generations()).toEqual([198, 199, 197])
  })

  test(`${what}: a tombstone takes a status away`, async () => {
    const { mine, other } = await pair()
    mine.putConnector('c', status('RUNNING', 'w:1', 1))
    mine.putTask('c', 0, status('RUNNING', 'w:1', 1))
    await eventually(() => other.task('c', 0) && other.connector('c'))
    other.putConnector('c', undefined)
    await eventually(() => mine.connector('c') === undefined)
    expect(mine.connectors()).toEqual(new Set(['c']))
    other.putTask('c', 0, undefined)
    await eventually(() => mine.connectors().size === 0)
    expect(mine.tasks('c').size).toBe(0)
  })

  test(`${what}: a safe write goes over what is older or its own, not over what is newer or another's`, async () => {
    const { mine, other } = await pair()
    mine.putConnector('c', status('RUNNING', 'w:1', 5))
    await eventually(() => other.connector('c'))
    other.putConnector('c', status('UNASSIGNED', 'w:2', 4), true)
    other.putConnector('c', status('FAILED', 'w:2', 5), true)
    await other.flush(10_000)
    other.putConnector('after', status('RUNNING', 'w:2', 5), true)
    await eventually(() => mine.connector('after'))
    expect(mine.connector('c')).toEqual(status('RUNNING', 'w:1', 5))
    mine.putConnector('c', status('FAILED', 'w:1', 5), true)
    await eventually(() => other.connector('c')?.state === 'FAILED')
    other.putConnector('c', status('UNASSIGNED', 'w:2', 6), true)
    await eventually(() => mine.connector('c')?.state === 'UNASSIGNED')
    mine.putConnector('c', status('RUNNING', 'w:1', 2))
    await eventually(() => other.connector('c')?.generation === 2)
  })

  test(`${what}: a late UNASSIGNED does not hide that the next worker runs the task`, async () => {
    const { mine, other } = await pair()
    other.putTask('c', 0, status('RUNNING', 'w:2', 6))
    await eventually(() => mine.task('c', 0))
    mine.putTask('c', 0, status('UNASSIGNED', 'w:1', 6))
    mine.putTask('c', 0, status('UNASSIGNED', 'w:1', 5))
    await mine.flush(10_000)
    mine.putTask('c', 1, status('RUNNING', 'w:1', 6))
    await eventually(() => other.task('c', 1))
    expect(other.task('c', 0)?.state).toBe('RUNNING')
    mine.putTask('c', 0, status('UNASSIGNED', 'w:1', 7))
    await eventually(() => other.task('c', 0)?.state === 'UNASSIGNED')
  })

  test(`${what}: a worker that gives its task up within a generation does not run it`, async () => {
    const { mine, other } = await pair()
    mine.putTask('c', 0, status('RUNNING', 'w:1', 6))
    await eventually(() => other.task('c', 0))
    mine.putTask('c', 0, status('UNASSIGNED', 'w:1', 6), true)
    await eventually(() => other.task('c', 0)?.state === 'UNASSIGNED')
    expect(other.task('c', 0)?.workerId).toBe('w:1')
  })

  test(`${what}: keeps the topics of a connector until they are removed`, async () => {
    const { mine, other, open } = await pair()
    mine.putTopic('c', 0, 'b')
    mine.putTopic('c', 1, 'a.b-c')
    mine.putTopic('c', 1, 'b')
    mine.putTopic('d', 0, 'b')
    expect(mine.topics('c')).toEqual(['a.b-c', 'b'])
    await mine.flush(10_000)
    await eventually(() => other.topics('c').length === 2 && other.topics('d').length === 1)
    other.removeTopics('c')
    expect(other.topics('c')).toEqual([])
    other.putTopic('c', 0, 'again')
    await other.flush(10_000)
    await eventually(() => mine.topics('c').join() === 'again')
    const late = await open()
    expect([late.topics('c'), late.topics('d')]).toEqual([['again'], ['b']])
    expect([...late.connectors()].toSorted()).toEqual(['c', 'd'])
  })
}
