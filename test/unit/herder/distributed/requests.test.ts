import { expect, test } from 'vitest'
import { createRequests, type RequestsOptions } from '../../../../src/herder/distributed/requests.ts'
import type { ConfigState } from '../../../../src/storage/index.ts'

/** A leader that has read the config topic up to `read`, while all of it says `topic`. */
function leaderThatHasRead(read: ReadonlyMap<string, object>, topic: ReadonlyMap<string, object>) {
  let connectors = read
  const written: string[] = []
  const options = {
    store: {
      state: () => ({ connectors }) as unknown as ConfigState,
      async refresh() {
        connectors = topic
        return { connectors } as unknown as ConfigState
      },
      async putTasks(name: string) {
        written.push(name)
      },
    },
    claims: { write: (work: () => Promise<void>) => work() },
    turns: { lead: async () => undefined },
    inTurn: () => (work: () => Promise<unknown>) => work(),
  }
  return { written, ...createRequests(options as unknown as RequestsOptions) }
}

const entry = (target: string) => ({ target, config: {}, applied: {}, tasks: [], inconsistent: false })
const connector = (target: string) => new Map([['c', entry(target)]])

test.each([
  ['a resumption', connector('STOPPED')],
  ['the connector', new Map()],
])('tasks are written for an owner that has heard of %s before the leader', async (_, read) => {
  const { ofLeader, written } = leaderThatHasRead(read, connector('STARTED'))
  await ofLeader.putTasks('c', [{ part: '0' }])
  expect(written).toEqual(['c'])
})

test('the tasks of a connector that is stopped, or gone, are refused', async () => {
  const stopped = leaderThatHasRead(connector('STOPPED'), connector('STOPPED'))
  await expect(stopped.ofLeader.putTasks('c', [{ part: '0' }])).rejects.toThrow('for stopped connector c')
  const gone = leaderThatHasRead(new Map(), new Map())
  await expect(gone.ofLeader.putTasks('c', [{ part: '0' }])).rejects.toMatchObject({ status: 404 })
  expect([...stopped.written, ...gone.written]).toEqual([])
})
