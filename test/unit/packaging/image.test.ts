import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { loadWorkerConfig, parseProperties } from '../../../src/config/index.ts'
import { fileOf } from '../config/files.ts'

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

interface Service {
  readonly build?: string
  readonly image?: string
  readonly profiles?: readonly string[]
  readonly command?: readonly string[] | string
  readonly ports?: readonly string[]
  readonly configs?: readonly { readonly source: string; readonly target: string }[]
  readonly healthcheck?: { readonly test: readonly string[] }
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly configs: Readonly<Record<string, { readonly content: string }>>
}

// `<<` is of YAML 1.1, and Compose reads it.
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const workers = Object.entries(compose.services).filter(([, { profiles = [] }]) => profiles.includes('workers'))

/** As Compose fills in what the environment does not say. */
const filled = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

test('the profile has three workers, and what ran without it still does', () => {
  expect(workers.map(([name]) => name)).toEqual(['worker-1', 'worker-2', 'worker-3'])
  const always = Object.entries(compose.services).filter(([, { profiles }]) => profiles === undefined)
  expect(always.map(([name]) => name)).toEqual(['kafka', 'registry', 'worker'])
})

test('no two services want one port of the machine', () => {
  const ports = Object.values(compose.services).flatMap(({ ports: own = [] }) => own.map(filled))
  for (const each of ports) expect(each).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  const taken = ports.map((each) => each.split(':')[1])
  expect(new Set(taken).size).toBe(taken.length)
})

test('each worker of the profile is one of the same cluster, and told to the others by its own name', async () => {
  const names = new Set<string | undefined>()
  for (const [name, { command, configs = [], build }] of workers) {
    expect(build).toBe('.')
    const [verb, file, flag, advertised = ''] = Array.isArray(command) ? command : []
    expect([verb, file, flag]).toEqual(['worker', configs[0]?.target, '--set'])
    const content = filled(compose.configs[configs[0]?.source ?? '']?.content ?? '')
    const [key = '', value = ''] = advertised.split('=')
    expect(value).toBe(name)
    const config = await loadWorkerConfig({
      file: await fileOf('worker.properties', content),
      env: {},
      flags: { [key]: value },
    })
    expect(config.warnings).toEqual([])
    expect(config.rest).toMatchObject({ listeners: [{ host: '0.0.0.0', port: 8083 }], advertised: { host: name } })
    names.add(config.distributed?.['group.id'])
  }
  expect([...names]).toEqual(['tidegate'])
})

test('a worker of the profile counts as healthy when it is ready', () => {
  for (const [, { healthcheck }] of workers) expect(healthcheck?.test.join(' ')).toContain('127.0.0.1:8083/ready')
})

test('the standalone worker’s file is one of standalone mode', () => {
  const props = parseProperties(compose.configs['worker']?.content ?? '')
  expect(props).toMatchObject({ 'offset.storage.file.filename': expect.any(String) })
  expect(props).not.toHaveProperty('group.id')
})

const instructions = read('Dockerfile')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))
const argumentsOf = (name: string): readonly unknown[] => {
  const line = last.find((each) => each.startsWith(`${name} `)) ?? ''
  return JSON.parse(line.slice(line.indexOf('['))) as readonly unknown[]
}

test('the image starts the worker without a shell, as a user without rights', () => {
  expect(argumentsOf('ENTRYPOINT')).toEqual(['node', '/tidegate/dist/src/cli/main.js'])
  expect(argumentsOf('CMD')).toEqual(['worker', '/etc/tidegate/worker.properties'])
  expect(last.filter((line) => line.startsWith('USER '))).toEqual(['USER node'])
  expect(last).toContain('EXPOSE 8083 8080')
  expect(argumentsOf('HEALTHCHECK').join(' ')).toContain('/health')
})

test('the image has what the build left and nothing of the checkout', () => {
  const copied = last.filter((line) => line.startsWith('COPY '))
  for (const line of copied) expect(line).toMatch(/^COPY --from=build /)
  expect(instructions.findIndex((line) => /^RUN npm prune .*--omit=dev/.test(line))).toBeGreaterThan(
    instructions.indexOf('RUN npm run build'),
  )
})

test('the build sees every file that it copies, and no more than it needs', () => {
  const shown = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const wanted = instructions
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))
  expect(wanted.toSorted()).toEqual(shown.toSorted())
})
