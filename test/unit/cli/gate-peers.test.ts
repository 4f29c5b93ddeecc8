import { expect, test } from 'vitest'
import { NotFoundError, RetriableError } from '../../../src/api/index.ts'
import { createGatePeers } from '../../../src/cli/gate-peers.ts'
import type { WorkerPeers } from '../../../src/herder/index.ts'

/** The workers of a cluster by their URLs, each with the ports that are served there. */
function cluster(own: string, others: Readonly<Record<string, (port: string, body: Buffer) => Promise<Buffer>>>) {
  const ports = new Map<string, (body: Buffer) => Promise<Buffer>>()
  const peers: WorkerPeers = {
    url: () => own,
    ownerOf: () => undefined,
    serve(port, handle) {
      ports.set(port, handle)
      return () => ports.delete(port)
    },
    call: (url, port, body) => others[url]?.(port, body) ?? Promise.reject(new RetriableError('unreachable')),
    others: async () => [...Object.keys(others), 'http://gone/'],
    answer: () => Promise.reject(new NotFoundError('nothing')),
  }
  return { peers, ports }
}

test('asks all other workers: who does not answer is told from who has no gate', async () => {
  const gates = createGatePeers()
  expect(await gates.ask('presence', Buffer.from('bus:1'), 100)).toEqual([])
  const { peers } = cluster('http://here/', {
    'http://there/': async (port, body) => Buffer.from(`${port} ${body.toString()}`),
    'http://java/': () => Promise.reject(new RetriableError('no such port', { cause: new NotFoundError('404') })),
  })
  gates.join(peers)
  const answers = await gates.ask('presence', Buffer.from('bus:1'), 100)
  expect(answers.map((answer) => answer?.toString())).toEqual(['gate/presence bus:1', undefined])
})

test('answers from when the worker is in its cluster until that is ended', async () => {
  const gates = createGatePeers()
  const end = gates.serve('presence', (body) => Buffer.from(`early ${body.toString()}`))
  const { peers, ports } = cluster('http://here/', {})
  gates.join(peers)
  gates.serve('statistics', () => Buffer.from('late'))
  expect((await ports.get('gate/presence')?.(Buffer.from('x')))?.toString()).toBe('early x')
  expect((await ports.get('gate/statistics')?.(Buffer.alloc(0)))?.toString()).toBe('late')
  end()
  expect([...ports.keys()]).toEqual(['gate/statistics'])
})
