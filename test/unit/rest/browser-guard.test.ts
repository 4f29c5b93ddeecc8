import { expect, test } from 'vitest'
import { ForbiddenError } from '#api'
import { type BrowserGuardOptions, createBrowserGuard, isLoopback } from '../../../src/rest/browser-guard.ts'

const guarded = (options: Partial<BrowserGuardOptions> = {}) =>
  createBrowserGuard({ hosts: [], origins: [], ...options })

test.each(['localhost', 'LOCALHOST:8083', 'localhost.:1', '127.0.0.1:8083', '10.1.2.3', '[::1]:8083', 'my.proxy:443'])(
  'lets %s pass',
  (host) => {
    expect(() => guarded({ hosts: ['My.Proxy'] })({ host }, 'GET')).not.toThrow()
  },
)

test.each(['evil.example', 'evil.example:8083', 'localhost.evil.example', '127.0.0.1.evil.example', 'a:b:c', ''])(
  'refuses the host "%s", which anybody may have mean 127.0.0.1',
  (host) => {
    expect(() => guarded()({ host }, 'GET')).toThrow(ForbiddenError)
    expect(() => guarded({ hosts: ['*'] })({ host }, 'GET')).not.toThrow()
  },
)

const host = 'localhost:8083'

test.each(['https://evil.example', 'http://localhost:3000', 'null', 'http://127.0.0.1:8083'])(
  'refuses a POST from a page of %s that a browser sends without asking',
  (origin) => {
    for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded'])
      expect(() => guarded()({ host, origin, ...(type && { 'content-type': type }) }, 'POST')).toThrow(ForbiddenError)
    expect(() => guarded()({ host, origin, 'content-type': 'application/json; charset=utf-8' }, 'POST')).not.toThrow()
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS'])
      expect(() => guarded()({ host, origin }, method)).not.toThrow()
    for (const origins of [['*'], [origin]]) expect(() => guarded({ origins })({ host, origin }, 'POST')).not.toThrow()
  },
)

test('lets POSTs pass of no page, of its own pages, and of those behind a listed name', () => {
  expect(() => guarded()({ host }, 'POST')).not.toThrow()
  expect(() => guarded()({ host, origin: 'http://localhost:8083' }, 'POST')).not.toThrow()
  expect(() => guarded({ hosts: ['ui.example'] })({ host, origin: 'https://ui.example' }, 'POST')).not.toThrow()
})

test('knows the addresses that this machine alone reaches', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'].map(isLoopback)).not.toContain(false)
  expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'worker'].map(isLoopback)).not.toContain(true)
})
