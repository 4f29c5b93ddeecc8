import { expect, test } from 'vitest'
import { stackEnvironment } from '../../../src/stack/stack-environment.ts'

test('the cache lies outside the checkout, where the user keeps caches', () => {
  expect(stackEnvironment({}, '/home/u').cacheDir).toBe('/home/u/.cache/tidegate')
  expect(stackEnvironment({ XDG_CACHE_HOME: '/c' }, '/home/u').cacheDir).toBe('/c/tidegate')
  expect(stackEnvironment({ TIDEGATE_CACHE: '/d' }, '/home/u').cacheDir).toBe('/d')
})

test('an empty variable counts as none', () => {
  expect(stackEnvironment({ TIDEGATE_MAVEN_REPOSITORY: '', JAVA_HOME: '' }, '/home/u')).toEqual({
    cacheDir: '/home/u/.cache/tidegate',
    mavenRepository: undefined,
    javaHome: undefined,
  })
})
