import { expect, onTestFinished, test } from 'vitest'
import type { ConfigChange, ConfigStore } from '../../src/storage/index.ts'

export interface ConfigStoreSubject {
  /** Another worker's store on the same topic, of the same group. */
  open(): Promise<ConfigStore>
}

/** What every `ConfigStore` keeps to. `prepare` is called once a test, for a topic of its own. */
export function testConfigStore(what: string, prepare: () => Promise<ConfigStoreSubject>): void {
  async function stores(count: number) {
    const subject = await prepare()
    const opened: ConfigStore[] = []
    const open = async () => {
      const store = await subject.open()
      onTestFinished(() => store.close())
      opened.push(store)
      return store
    }
    for (let n = 0; n < count; n++) await open()
    const [first, second] = opened
    if (!first) throw new Error('no store')
    return { first, second: second ?? first, open }
  }

  async function leading() {
    const { first, second, open } = await stores(2)
    await first.claim()
    return { leader: first, follower: second, open }
  }

  const changesOf = (store: ConfigStore): ConfigChange[] => {
    const changes: ConfigChange[] = []
    store.onChange((change) => changes.push(change))
    return changes
  }

  test(`${what}: what the leader writes it has at once, and others after a look`, async () => {
    const { leader, follower, open } = await leading()
    expect(leader.state()).toEqual({ offset: -1n, sessionKey: undefined, connectors: new Map() })
    await leader.putConnector('c-1', { a: 'x', 'b.c': '${file:a:b}' })
    await leader.putTasks('c-1', [{ n: '0' }, { n: '1' }])
    const expected = {
      config: { a: 'x', 'b.c': '${file:a:b}' },
      target: 'STARTED',
      tasks: [{ n: '0' }, { n: '1' }],
      inconsistent: false,
      applied: { a: 'x', 'b.c': '${file:a:b}' },
      fencedCount: undefined,
      pendingFencing: true,
    }
    expect(leader.state().connectors.get('c-1')).toMatchObject(expected)
    const seen = await follower.refresh(10_000)
    expect(seen.connectors.get('c-1')).toMatchObject(expected)
    expect(seen.offset).toBe(leader.state().offset)
    expect((await open()).state().connectors.get('c-1')).toMatchObject(expected)
  })

  test(`${what}: tells the changes in the order of the topic, each after the state has it, and none of before`, async () => {
    const { leader, open } = await leading()
    await leader.putConnector('old', { a: '1' })
    await leader.putRestart('old', { includeTasks: true, onlyFailed: false })
    const late = await open()
    const changes = changesOf(late)
    const targets: unknown[] = []
    late.onChange(({ kind }) => targets.push([kind, late.state().connectors.get('c')?.target]))
    await leader.putConnector('c', { a: '1' }, 'PAUSED')
    await leader.putTasks('c', [{ t: '0' }])
    await late.putTarget('c', 'STARTED')
    await leader.putRestart('c', { includeTasks: true, onlyFailed: false })
    await late.putLogger('root', 'DEBUG')
    await leader.putTaskCount('c', 1)
    await leader.putSessionKey({ key: Buffer.from('key'), algorithm: 'HmacSHA256', createdAt: 5 })
    await leader.removeConnector('c')
    await late.refresh(10_000)
    expect(changes).toEqual([
      { kind: 'connector-config', name: 'c' },
      { kind: 'tasks', name: 'c' },
      { kind: 'target-state', name: 'c' },
      { kind: 'restart', name: 'c', includeTasks: true, onlyFailed: false },
      { kind: 'logger', namespace: 'root', level: 'DEBUG' },
      { kind: 'task-count', name: 'c' },
      { kind: 'session-key' },
      { kind: 'connector-removed', name: 'c' },
    ])
    expect(targets.slice(0, 3)).toEqual([
      ['connector-config', 'PAUSED'],
      ['tasks', 'PAUSED'],
      ['target-state', 'STARTED'],
    ])
    expect(late.state().sessionKey).toEqual({ key: Buffer.from('key'), algorithm: 'HmacSHA256', createdAt: 5 })
  })

  test(`${what}: a state that was handed out does not change`, async () => {
    const { leader } = await leading()
    await leader.putConnector('c', { a: '1' })
    const before = leader.state()
    await leader.putConnector('c', { a: '2' })
    await leader.putConnector('d', {})
    expect(before.connectors.get('c')?.config).toEqual({ a: '1' })
    expect([...before.connectors.keys()]).toEqual(['c'])
  })

  test(`${what}: stopping takes the tasks away, and removing everything but what fencing needs`, async () => {
    const { leader } = await leading()
    await leader.putConnector('c', { a: '1' })
    await leader.putTasks('c', [{ t: '0' }, { t: '1' }])
    await leader.putTaskCount('c', 2)
    expect(leader.state().connectors.get('c')).toMatchObject({ fencedCount: 2, pendingFencing: false })
    await leader.putStopped('c')
    expect(leader.state().connectors.get('c')).toMatchObject({ target: 'STOPPED', tasks: [], inconsistent: false })
    await leader.removeConnector('c')
    expect(leader.state().connectors.has('c')).toBe(false)
    await leader.putConnector('c', { a: '2' })
    expect(leader.state().connectors.get('c')).toMatchObject({
      target: 'STARTED',
      tasks: [],
      applied: undefined,
      fencedCount: 2,
    })
  })

  test(`${what}: a leader that another has followed can write no more, until it is leader again`, async () => {
    const { leader, follower } = await leading()
    await leader.putConnector('c', { a: '1' })
    await follower.claim()
    const refused = { name: 'FencedError' }
    await expect(leader.putConnector('c', { a: '2' })).rejects.toMatchObject(refused)
    await expect(leader.putTasks('c', [{}])).rejects.toMatchObject(refused)
    await follower.putConnector('c', { a: '3' })
    expect((await leader.refresh(10_000)).connectors.get('c')).toMatchObject({ config: { a: '3' }, tasks: [] })
    await leader.claim()
    await leader.putConnector('c', { a: '4' })
    await expect(follower.putSessionKey({ key: Buffer.from('k'), algorithm: 'A', createdAt: 1 })).rejects.toMatchObject(
      refused,
    )
    expect((await follower.refresh(10_000)).connectors.get('c')?.config).toEqual({ a: '4' })
  })

  test(`${what}: who has not claimed, or has given up, does not write as leader but sets target states`, async () => {
    const { leader, follower } = await leading()
    await leader.putConnector('c', {})
    const refused = { name: 'FencedError' }
    await expect(follower.putConnector('d', {})).rejects.toMatchObject(refused)
    await follower.putTarget('c', 'PAUSED')
    expect(follower.state().connectors.get('c')?.target).toBe('PAUSED')
    await leader.unclaim()
    await leader.unclaim()
    await expect(leader.removeConnector('c')).rejects.toMatchObject(refused)
    await leader.claim()
    await leader.claim()
    await leader.removeConnector('c')
    expect(leader.state().connectors.size).toBe(0)
  })

  test(`${what}: writes at the same time are written one after the other`, async () => {
    const { leader, open } = await leading()
    const names = Array.from({ length: 10 }, (_, n) => `c${n}`)
    await Promise.all(
      names.flatMap((name) => [leader.putConnector(name, { name }), leader.putTasks(name, [{ task: name }])]),
    )
    const { connectors } = (await open()).state()
    expect([...connectors.values()].map(({ tasks }) => tasks)).toEqual(names.map((task) => [{ task }]))
  })
}
