import { expect, test } from 'vitest'
import { setUpCluster } from './cluster-harness.ts'

test('one worker creates, runs, changes and deletes', async () => {
  const { leader, put, states, settle, seen } = await setUpCluster(1)
  expect(leader.ready()).toBe(true)
  await put('c', { 'tasks.max': '2' })
  expect(await states('c')).toBe('RUNNING@worker0:8083: RUNNING@worker0:8083 RUNNING@worker0:8083')
  expect(seen.started).toEqual(['c-0@0', 'c-1@0'])
  await leader.deleteConnector('c')
  await settle()
  expect(await leader.connectors()).toEqual([])
  await expect(leader.connectorState('c')).rejects.toMatchObject({ status: 404 })
  expect(seen.stopped.toSorted()).toEqual(['c-0@0', 'c-1@0'])
})
