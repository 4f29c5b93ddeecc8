import { expect, test } from 'vitest'
import { parseLock, stackLock } from '../../../src/stack/lock.ts'

const sha256 = 'a'.repeat(64)
const lockWith = (artifacts: unknown): unknown => ({
  kafka: { version: '1', bytes: 1, artifacts },
  registry: { version: '1', bytes: 1, artifacts: {} },
})

test('the lock in the repository pins Kafka, its dependencies and the registry', () => {
  const files = stackLock.kafka.artifacts.map(({ file }) => file)
  expect(files).toContain(`kafka_2.13-${stackLock.kafka.version}.jar`)
  expect(files.length).toBeGreaterThan(50)
  expect(stackLock.registry.artifacts.map(({ path }) => path)).toEqual([
    'io/apicurio/apicurio-registry-app/3.0.9/apicurio-registry-app-3.0.9-all.tar.gz',
  ])
})

test('coordinates become the path of a Maven repository', () => {
  const { artifacts } = parseLock(lockWith({ 'org.a.b:c:1.2': sha256, 'x:y:3:tar.gz:all': sha256 })).kafka
  expect(artifacts.map(({ path }) => path)).toEqual(['org/a/b/c/1.2/c-1.2.jar', 'x/y/3/y-3-all.tar.gz'])
})

test('another checksum is another folder in the cache', () => {
  expect(parseLock(lockWith({ 'a:b:1': sha256 })).digest).not.toBe(
    parseLock(lockWith({ 'a:b:1': 'b'.repeat(64) })).digest,
  )
})

test.each([
  ['no version', { 'a:b': sha256 }],
  ['a way out of the folder', { 'a:../../b:1': sha256 }],
  ['a dotted way out of the folder', { 'a:..:1': sha256 }],
  ['no checksum', { 'a:b:1': '' }],
  ['one name twice', { 'a:c:1': sha256, 'b:c:1': sha256 }],
])('refuses %s', (_what, artifacts) => {
  expect(() => parseLock(lockWith(artifacts))).toThrow('lock')
})

test('refuses what is no lock at all', () => {
  expect(() => parseLock(null)).toThrow('"kafka"')
})
