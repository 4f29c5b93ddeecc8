import { expect, test } from 'vitest'
import { ElsewhereError } from '../../../../src/herder/index.ts'
import { setUpCluster } from './cluster-harness.ts'

const scripted = { 'connector.class': 'ScriptedSource' }
const restartAll = { includeTasks: true, onlyFailed: false }
const restartIt = { includeTasks: false, onlyFailed: false }

/** What a request is refused with. */
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'not refused',
    (error: unknown) => error,
  )

test('one worker creates, runs, changes and deletes', async () => {
  const { leader, put, states, settle, seen } = await setUpCluster(1)
  expect(leader.ready()).toBe(true)
  await put('c', { 'tasks.max': '2' })
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker0:8083')
  expect(seen.started).toEqual(['c-0@0', 'c-1@0'])
  await leader.deleteConnector('c')
  await settle()
  expect(await leader.connectors()).toEqual([])
  expect(await refusal(leader.connectorState('c'))).toMatchObject({ status: 404 })
  expect(seen.stopped.toSorted()).toEqual(['c-0@0', 'c-1@0'])
})

test('every worker answers of the whole cluster', async () => {
  const { workers, put, states } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  for (const worker of workers) {
    expect(await states('c', worker)).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker1:8083')
    expect(await worker.connectorInfo('c')).toMatchObject({ type: 'source', tasks: [{ task: 0 }, { task: 1 }] })
    expect((await worker.tasks('c')).map(({ config }) => config['part'])).toEqual(['0', '1'])
    expect(await worker.health('c')).toMatchObject({ status: 'healthy', tasks: { running: 2 } })
    expect(await worker.offsets('c')).toEqual([])
  }
})

test('changes are the leader’s, and the others say where it is', async () => {
  const { leader, follower, put, urlOf } = await setUpCluster(2)
  await put('c')
  await leader.setTargetState('c', 'STOPPED')
  const changes = [
    follower.putConnector('d', scripted, { replace: false }),
    follower.patchConnector('c', { size: '2' }),
    follower.deleteConnector('c'),
    follower.setTargetState('c', 'STOPPED'),
    follower.restartConnector('c', restartAll),
    follower.restartConnector('c', restartIt),
    follower.alterOffsets('c', [{ partition: {}, offset: null }]),
    follower.resetOffsets('c'),
    follower.internal.putTasks('c', []),
    follower.internal.fence('c'),
  ]
  for (const change of changes) {
    const error = await refusal(change)
    expect(error).toBeInstanceOf(ElsewhereError)
    expect(error).toMatchObject({ status: 409, context: { url: urlOf(0) } })
  }
  expect(await leader.connectors()).toEqual(['c'])
})

test('a follower refuses by itself what nobody could accept', async () => {
  const { follower } = await setUpCluster(2)
  const invalid = follower.putConnector('c', { ...scripted, size: 'big' }, { replace: true })
  expect(await refusal(invalid)).toMatchObject({ status: 400 })
  expect(await refusal(follower.restartTask({ connector: 'c', task: 0 }))).toMatchObject({
    status: 404,
    message: 'Unknown connector: c',
  })
  expect(await refusal(follower.setTargetState('c', 'PAUSED'))).toMatchObject({ message: 'Unknown connector c' })
})

test('refuses to create what exists, and tells a replaced one from a new one', async () => {
  const { leader, put } = await setUpCluster(1)
  expect(await put('c')).toMatchObject({ created: true })
  expect(await put('c', { size: '2' })).toMatchObject({ created: false })
  expect(await refusal(leader.putConnector('c', scripted, { replace: false }))).toMatchObject({
    status: 409,
    message: 'Connector c already exists',
  })
})

test('pause and resume are anybody’s, and reach every worker', async () => {
  const { follower, put, states } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  await follower.setTargetState('c', 'PAUSED')
  expect(await states('c')).toBe('PAUSED@worker0:8083: PAUSED@worker0:8083 PAUSED@worker1:8083')
  await follower.setTargetState('c', 'STARTED')
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker1:8083')
})

test('a connector of a follower gives its tasks to the leader', async () => {
  const { group, put, states } = await setUpCluster(2)
  group.place = () => 1
  await put('c', { 'tasks.max': '2' })
  expect(await states('c')).toBe('RUNNING@worker1:8083: RUNNING@worker1:8083 RUNNING@worker1:8083')
})

test('a changed configuration needs no rebalance, and another number of tasks does', async () => {
  const { group, put, seen, states } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  const before = group.rejoins.length
  seen.started.length = 0
  await put('c', { 'tasks.max': '2', size: '5' })
  expect(group.rejoins.slice(before)).toEqual([])
  expect(seen.started.toSorted()).toEqual(['c-0@0', 'c-1@1'])
  await put('c', { 'tasks.max': '3', size: '5' })
  expect(group.rejoins.slice(before)).toEqual(['connectors or the number of their tasks have changed'])
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker1:8083 RUNNING@worker0:8083')
})

test('a stop takes the tasks away, and offsets may be changed then alone', async () => {
  const { leader, put, states } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  const given = [{ partition: { file: 'a' }, offset: { position: 1 } }]
  expect(await refusal(leader.alterOffsets('c', given))).toMatchObject({
    status: 400,
    message: expect.stringContaining('must be in the STOPPED state'),
  })
  await leader.setTargetState('c', 'STOPPED')
  expect(await states('c')).toBe('STOPPED@worker0:8083:')
  expect(await leader.alterOffsets('c', given)).toContain('altered successfully')
  expect(await leader.offsets('c')).toEqual(given)
  expect(await leader.resetOffsets('c')).toContain('reset successfully')
  expect(await leader.offsets('c')).toEqual([])
})

test('a restart with flags is answered with the plan and carried out by whoever has the parts', async () => {
  const { leader, put, script, seen, states, settle } = await setUpCluster(2)
  script.onStart = (task) => {
    if (task === 'c-1@1') throw new Error('the disk is full')
  }
  await put('c', { 'tasks.max': '3' })
  expect(await states('c')).toContain('RUNNING@worker0:8083 FAILED@worker1:8083 RUNNING@worker0:8083')
  script.onStart = undefined
  seen.started.length = 0
  const plan = await leader.restartConnector('c', { includeTasks: true, onlyFailed: true })
  expect(plan.connector.state).toBe('RUNNING')
  expect(plan.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'RESTARTING', 'RUNNING'])
  await settle()
  expect(seen.started).toEqual(['c-1@1'])
  const all = await leader.restartConnector('c', restartAll)
  expect([all.connector, ...all.tasks].map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'RESTARTING'))
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker1:8083 RUNNING@worker0:8083')
  expect(seen.started.toSorted()).toEqual(['c-0@0', 'c-1@1', 'c-1@1', 'c-2@0'])
})

test('a restart of one task is its owner’s: the follower names the leader, the leader the owner', async () => {
  const { leader, follower, workers, put, urlOf, seen, settle } = await setUpCluster(3)
  await put('c', { 'tasks.max': '3' })
  seen.started.length = 0
  const task = { connector: 'c', task: 1 }
  expect(await refusal((workers[2] ?? leader).restartTask(task))).toMatchObject({ context: { url: urlOf(0) } })
  expect(await refusal(leader.restartTask(task))).toMatchObject({
    context: { url: urlOf(1) },
    message: 'Cannot restart task since it is not assigned to this member',
  })
  await follower.restartTask(task)
  await settle()
  expect(seen.started).toEqual(['c-1@1'])
  expect(await refusal(leader.restartTask({ connector: 'c', task: 9 }))).toMatchObject({
    status: 404,
    message: 'Unknown task: c-9',
  })
})

test('an equal configuration begins the connector anew and leaves its tasks alone', async () => {
  const { put, seen, topics, settle } = await setUpCluster(1)
  await put('c')
  const before = topics.records('statuses').length
  await put('c')
  await settle()
  expect(
    topics
      .records('statuses')
      .slice(before)
      .map(({ key }) => String(key)),
  ).toContain('status-connector-c')
  expect(seen.started).toEqual(['c-0@0'])
})

test('a log level for the cluster is set on every worker', async () => {
  const { workers, leader, settle } = await setUpCluster(2)
  expect(await leader.setLogger('org.example', 'debug', 'cluster')).toBeUndefined()
  await settle()
  for (const worker of workers) expect(worker.logger('org.example')).toMatchObject({ level: 'DEBUG' })
  expect(await leader.setLogger('org.other', 'warn', 'worker')).toEqual(['org.other'])
  expect(await refusal(leader.setLogger('root', 'BOGUS', 'cluster'))).toMatchObject({ status: 404 })
})

test('a worker that was leader without knowing of the next writes nothing', async () => {
  const { leader, follower, put, group, settle, clock } = await setUpCluster(2)
  await put('c')
  await group.depose()
  await settle()
  const stale = { status: 409, message: expect.stringContaining('can be safely retried') }
  expect(await refusal(leader.deleteConnector('c'))).toMatchObject(stale)
  expect(group.rejoins).toContain('a write to the config topic was refused')
  expect(await follower.connectors()).toEqual(['c'])
  // It claims nothing before a rebalance has made it leader again, however often it is asked.
  const again = refusal(leader.deleteConnector('c'))
  await settle()
  await clock.advance(10_000)
  expect(await again).toMatchObject(stale)
  await follower.deleteConnector('c')
  expect(await follower.connectors()).toEqual([])
})

test('the leader makes a key for the workers, and renews it when it is old', async () => {
  const { topics, clock, settle } = await setUpCluster(2, { 'inter.worker.key.ttl.ms': 5000 })
  const keys = () => topics.records('configs').filter(({ key }) => String(key) === 'session-key')
  expect(keys()).toHaveLength(1)
  await clock.advance(5000)
  await settle()
  expect(keys()).toHaveLength(2)
  expect(keys()[0]?.value).not.toEqual(keys()[1]?.value)
})

test('requests wait for the end of a rebalance, and say that nobody leads when it takes too long', async () => {
  const { leader, group, settle, clock } = await setUpCluster(2)
  const release = group.hold()
  await settle()
  const waiting = refusal(leader.putConnector('c', scripted, { replace: false }))
  await settle()
  await clock.advance(30_000)
  const error = await waiting
  expect(error).toBeInstanceOf(ElsewhereError)
  expect(error).toMatchObject({ context: { url: undefined } })
  const patient = leader.putConnector('c', scripted, { replace: false })
  await settle()
  release()
  await clock.advance(100)
  expect(await patient).toMatchObject({ created: true })
})

test('the leader forgets the statuses of what is configured no longer', async () => {
  const { leader, put, statuses, settle } = await setUpCluster(2)
  await put('c')
  const dead = { state: 'RUNNING', workerId: 'dead:8083', generation: 0, version: null } as const
  statuses.putConnector('gone', dead)
  statuses.putTask('gone', 0, dead)
  statuses.putTask('c', 7, dead)
  await settle()
  expect((await leader.connectorState('c')).tasks).toHaveLength(2)
  await put('d')
  await settle()
  expect((await leader.connectorState('c')).tasks).toHaveLength(1)
  expect(await refusal(leader.connectorState('gone'))).toMatchObject({
    status: 404,
    message: 'No status found for connector gone',
  })
})

test('a worker that the coordinator has put out ends its work at once, and others may have it', async () => {
  const { put, group, states, seen, settle } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  await group.lose(1)
  await settle()
  expect(seen.stopped).toEqual(['c-1@1'])
  group.place = () => 0
  group.hold()()
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker0:8083')
})

test('what a worker that leaves in good order ran is unassigned', async () => {
  const { follower, put, states, settle, clock } = await setUpCluster(2)
  await put('c', { 'tasks.max': '2' })
  const stopped = follower.stop()
  await settle()
  await clock.advance(60_000)
  await stopped
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 UNASSIGNED@worker1:8083')
})

test('refuses changes once it stops, and ends its work', async () => {
  const { leader, put, seen, clock, settle } = await setUpCluster(1)
  await put('c')
  const stopped = leader.stop()
  expect(await refusal(leader.deleteConnector('c'))).toMatchObject({ status: 409 })
  await settle()
  await clock.advance(60_000)
  await stopped
  expect(seen.stopped).toEqual(['c-0@0'])
  expect(leader.ready()).toBe(false)
  await leader.stop()
})
