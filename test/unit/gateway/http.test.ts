import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../../src/gateway/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { runGate } from '../../conformance/transport.ts'
import { makeSettings, silent } from './harness.ts'

async function site(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'site-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const folder = join(root, 'public')
  await mkdir(join(folder, 'sub'), { recursive: true })
  await writeFile(join(root, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'index.html'), '<p>hello</p>')
  await writeFile(join(folder, 'a b.js'), 'export {}')
  await writeFile(join(folder, 'empty.css'), '')
  await writeFile(join(folder, '.hidden'), 'hidden')
  await writeFile(join(folder, 'sub', 'index.html'), 'sub')
  await symlink(join(root, 'secret.txt'), join(folder, 'link.txt'))
  return folder
}

test('files of the folder are served with their types, and again only when they changed', async () => {
  const { gateway } = await runGate({ static: await site() })
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(gateway.address.url + path, init)
  const page = await get('/')
  expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
    200,
    'text/html; charset=utf-8',
    '<p>hello</p>',
  ])
  const script = await get('/a%20b.js')
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const again = await get('/a%20b.js', { headers: { 'if-none-match': script.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  const head = await get('/', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '12', ''])
  expect(await (await get('/sub/')).text()).toBe('sub')
  expect([(await get('/empty.css')).status, (await get('/', { method: 'POST' })).status]).toEqual([200, 405])
})

test('nothing outside the folder is served', async () => {
  const { gateway } = await runGate({ static: await site() })
  const raw = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(gateway.address.port, '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      )
      let text = ''
      socket.on('data', (data) => (text += data.toString())).on('close', () => resolve(text))
    })
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/link.txt',
    '/.hidden',
    '/%00',
    '/%zz',
    '//secret.txt',
    '/nothing',
  ]) {
    const text = await raw(path)
    expect(`${path} ${text}`).toMatch(/^\S+ HTTP\/1\.1 40[04]/)
    expect(text.split('\r\n\r\n')[1]).not.toContain('hidden')
    expect(text.split('\r\n\r\n')[1]).not.toContain('secret')
  }
})

test('health says whether clients are let in', async () => {
  const gateway = await startGateway({ settings: makeSettings(), log: silent, clock: systemClock })
  onTestFinished(() => gateway.stop())
  const health = async (): Promise<[number, unknown]> => {
    const response = await fetch(`${gateway.address.url}/health`)
    return [response.status, await response.json()]
  }
  expect(await health()).toEqual([503, { ready: false }])
  gateway.ready()
  expect(await health()).toEqual([200, { ready: true }])
})

test('a taken port and keys that do not fit are told', async () => {
  const { gateway } = await runGate()
  await expect(start({ port: gateway.address.port })).rejects.toThrow('choose another gateway.port')
  await expect(start({ position: { ...makeSettings().position, keys: [] } })).rejects.toThrow(
    'gateway.position.keys is empty',
  )
})

const start = (change: object): Promise<unknown> =>
  startGateway({ settings: { ...makeSettings(), ...change }, log: silent, clock: systemClock })
