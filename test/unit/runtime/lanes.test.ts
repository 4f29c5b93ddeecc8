import { expect, test } from 'vitest'
import { defineConfig, defineSource } from '#api'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { laneContext } from '../../../src/runtime/lanes.ts'
import type { Peers } from '../../../src/runtime/peers.ts'
import type { TaskRun } from '../../../src/runtime/task-run.ts'
import { validateDeclaration } from '../../../src/runtime/validation.ts'
import { createClosers } from '../../../src/util/closers.ts'
import { quietLog } from '../../support/quiet.ts'

const source = defineSource({
  name: 'LanedSource',
  version: '1.0.0',
  doc: 'Has lanes.',
  config: defineConfig({ lanes: { type: 'int', importance: 'high', default: 3, doc: 'How many.' } }),
  placement: 'everyWorker',
  lanes: { count: (config) => config.lanes, startDoor: () => ({ stop() {} }) },
  startTask: () => ({ poll: async () => [] }),
})

function fakePeers() {
  const served = new Map<string, (body: Buffer) => Promise<Buffer>>()
  const peers: Peers = {
    url: () => 'http://here:8083/',
    ownerOf: () => undefined,
    serve(port, handle) {
      served.set(port, handle)
      return () => void served.delete(port)
    },
    call: async (url, port) => Buffer.from(`${url}${port}`),
  }
  return { served, peers }
}

function lane(exactlyOnce: boolean) {
  const { served, peers } = fakePeers()
  const abandoned = new AbortController()
  const closers = createClosers(quietLog)
  const run = { connector: 'c', task: 1, abandoned: abandoned.signal } as TaskRun
  const context = laneContext(source, run, { exactlyOnce, peers }, closers)
  return { served, abandoned, closers, context }
}

test('a task that is a lane serves its port until it ends, and calls the doors', async () => {
  const { served, closers, context } = lane(true)
  context?.serve(async () => Buffer.from('first'))
  context?.serve(async () => Buffer.from('second'))
  expect([...served.keys()]).toEqual(['lane/c/1'])
  expect(String(await served.get('lane/c/1')?.(Buffer.alloc(0)))).toBe('second')
  const { signal } = new AbortController()
  expect(String(await context?.callDoor('http://there:8083/', Buffer.alloc(0), signal))).toBe(
    'http://there:8083/door/c',
  )
  await closers.closeAll()
  expect(served.size).toBe(0)
})

test('a lane that is left behind answers nobody any more: its successor has the port', () => {
  const { served, abandoned, context } = lane(true)
  context?.serve(async (body) => body)
  abandoned.abort()
  expect(served.size).toBe(0)
  context?.serve(async (body) => body)
  expect(served.size).toBe(0)
})

test('without exactly once there are no lanes', () => {
  expect(lane(false).context).toBeUndefined()
})

function complaints(exactlyOnce: boolean, max: string): readonly string[] {
  const plugins = createPlugins([converters, headerConverters, [source]])
  const props = { name: 'c', 'connector.class': 'LanedSource', 'tasks.max': max }
  return validateDeclaration(source, props, plugins, { exactlyOnce }).keys.flatMap(({ errors }) => errors)
}

test('tasks.max has to leave room for all lanes, where the worker is exactly once', () => {
  expect(complaints(true, '2')).toEqual([
    "must be at least 3, the number of the connector's lanes, because each is a task where exactly.once.source.support is enabled; it is 2",
  ])
  expect(complaints(true, '3')).toEqual([])
  expect(complaints(false, '1')).toEqual([])
})
