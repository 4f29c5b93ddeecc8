import { rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Clock, ConfigError, type Logger } from '#api'
import { createConfigResolver } from '../../../src/config/index.ts'
import { folderOf } from './files.ts'

const providers = {
  'config.providers': 'file,env,dir',
  'config.providers.file.class': 'FileConfigProvider',
  'config.providers.env.class': 'EnvVarConfigProvider',
  'config.providers.dir.class': 'DirectoryConfigProvider',
}

/** A clock whose sleeps end when the test says so, and a log that keeps its messages. */
function start(more: Record<string, string> = {}, env: Record<string, string> = {}) {
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = []
  const waiting: (() => void)[] = []
  const clock: Clock = {
    now: () => 0,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleeps.push({ ms, wake })
        signal?.addEventListener('abort', () => wake(), { once: true })
        for (const each of waiting.splice(0)) each()
      }),
  }
  const messages: string[] = []
  const keep = (_: object, message: string) => void messages.push(message)
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => log }
  const resolver = createConfigResolver({ ...providers, ...more }, { clock, log, env })
  onTestFinished(() => resolver.close())
  const wake = () => sleeps.shift()?.wake()
  /** Lets one round of reading pass, and waits for the next to begin. */
  const round = async () => {
    const next = new Promise<void>((done) => waiting.push(done))
    wake()
    await next
  }
  return { resolver, sleeps, messages, round, wake }
}

test('several placeholders in one value, from several providers', async () => {
  const dir = await folderOf({ 's.properties': 'user=me\npassword=pass', token: 'abc\n' })
  const { resolver } = start({}, { HOST: 'broker' })
  const { props, resolved } = await resolver.resolve({
    a: `\${file:${dir}/s.properties:user}:\${file:${dir}/s.properties:password}@\${env:HOST}`,
    b: `\${dir:${dir}:token}`,
    plain: 'x',
    none: null,
  })
  expect(props).toEqual({ a: 'me:pass@broker', b: 'abc\n', plain: 'x', none: null })
  expect(resolved).toEqual(new Set(['a', 'b']))
})

test('an unknown provider or key stays as it was written', async () => {
  const dir = await folderOf({ 's.properties': 'user=me' })
  const given = {
    provider: '${vault:secret:key}',
    key: `\${file:${dir}/s.properties:nope}`,
    variable: '${env:NOPE}',
    file: `\${dir:${dir}:nope}`,
    above: `\${dir:${dir}/sub:../s.properties}`,
    topic: '${topic}-x',
    inherited: `\${file:${dir}/s.properties:constructor}`,
  }
  const { props, resolved } = await start().resolver.resolve(given)
  expect(props).toEqual(given)
  expect(resolved.size).toBe(0)
})

test('a provider that fails names the path', async () => {
  const { resolver } = start()
  const failing = resolver.resolve({ a: '${file:/no/such.properties:key}' })
  await expect(failing).rejects.toThrow(ConfigError)
  await expect(failing).rejects.toThrow('Could not read properties from file /no/such.properties')
  await expect(resolver.resolve({ a: '${env:/path:HOME}' })).rejects.toThrow(
    "Path is not supported for EnvVarConfigProvider, invalid value '/path'",
  )
})

test('paths and variables that are not allowed are not read', async () => {
  const dir = await folderOf({ 'inside.properties': 'k=v' })
  const other = await folderOf({ 'outside.properties': 'k=v' })
  const { resolver, messages } = start(
    { 'config.providers.file.param.allowed.paths': dir, 'config.providers.env.param.allowlist.pattern': 'APP_.*' },
    { APP_X: 'yes', HOME: '/root' },
  )
  const { props } = await resolver.resolve({
    inside: `\${file:${dir}/inside.properties:k}`,
    outside: `\${file:${other}/outside.properties:k}`,
    around: `\${file:${dir}/../${other.split('/').at(-1)}/outside.properties:k}`,
    allowed: '${env:APP_X}',
    refused: '${env:HOME}',
  })
  expect(props).toMatchObject({ inside: 'v', allowed: 'yes', refused: '${env:HOME}' })
  expect([props['outside'], props['around']].join()).not.toContain('v,v')
  expect(props['outside']).toContain('${file:')
  expect(props['around']).toContain('${file:')
  expect(messages).toHaveLength(2)
  expect(() => start({ 'config.providers.file.param.allowed.paths': '/no/such' })).toThrow('does not exist')
})

test('a changed value is told once, also behind a swapped link; another key of the file is not', async () => {
  const dir = await folderOf({
    'v1.properties': 'k=1\nother=1',
    'v2.properties': 'k=1\nother=2',
    'v3.properties': 'k=3',
  })
  const link = join(dir, 'current.properties')
  await symlink(join(dir, 'v1.properties'), link)
  const swap = async (to: string) => {
    await symlink(join(dir, to), `${link}.new`)
    await rename(`${link}.new`, link)
  }
  const { resolver, sleeps, round, wake } = start({ 'config.providers.reload.ms': '500' })
  const { props, onChange } = await resolver.resolve({ a: `\${file:${link}:k}` })
  expect(props['a']).toBe('1')
  let changes = 0
  onChange(new AbortController().signal, () => changes++)
  expect(sleeps.map(({ ms }) => ms)).toEqual([500])
  await round()
  await swap('v2.properties')
  await round()
  expect(changes).toBe(0)
  await swap('v3.properties')
  wake()
  await vi.waitFor(() => expect(changes).toBe(1), 15_000)
  expect(sleeps).toEqual([])
})

test('a file that is away for a while is no change', async () => {
  const dir = await folderOf({ 's.properties': 'k=1' })
  const file = join(dir, 's.properties')
  const { resolver, round, wake, messages } = start()
  let changes = 0
  const { onChange } = await resolver.resolve({ a: `\${file:${file}:k}` })
  onChange(new AbortController().signal, () => changes++)
  await rename(file, `${file}.away`)
  await round()
  expect([changes, messages]).toEqual([0, ['config provider could not read again']])
  await writeFile(file, 'k=2')
  wake()
  await vi.waitFor(() => expect(changes).toBe(1), 15_000)
})

test('a key that comes later is a change, one that is gone for a while is not', async () => {
  const dir = await folderOf({ 's.properties': 'k=1' })
  const file = join(dir, 's.properties')
  const { resolver, round, wake, messages } = start()
  let changes = 0
  const { onChange } = await resolver.resolve({ a: `\${file:${file}:k} \${file:${file}:late}` })
  onChange(new AbortController().signal, () => changes++)
  await writeFile(file, 'late=2')
  await round()
  expect([changes, messages]).toEqual([0, ['config provider no longer has a key, so what it gave is kept']])
  await writeFile(file, 'late=2\nk=1')
  wake()
  await vi.waitFor(() => expect(changes).toBe(1), 15_000)
})

test('nobody is told after the signal or the end, and nothing is read without a watcher', async () => {
  const dir = await folderOf({ 's.properties': 'k=1' })
  const { resolver, sleeps, wake } = start()
  const { onChange } = await resolver.resolve({ a: `\${file:${dir}/s.properties:k}` })
  expect(sleeps).toEqual([])
  const control = new AbortController()
  let changes = 0
  onChange(control.signal, () => changes++)
  control.abort()
  await writeFile(join(dir, 's.properties'), 'k=2')
  wake()
  await setImmediate()
  expect([changes, sleeps]).toEqual([0, []])
  resolver.close()
  onChange(new AbortController().signal, () => changes++)
  expect(sleeps).toEqual([])
})
