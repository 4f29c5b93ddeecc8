import { expect, test } from 'vitest'
import { envName, settingDocs, workerConfig } from '../../../src/config/index.ts'

test('every setting is documented, with a default and an environment variable of its own', () => {
  const docs = settingDocs()
  for (const { name, doc, env } of docs) {
    expect([name, doc]).toEqual([name, expect.stringMatching(/\.$/)])
    expect(env).toMatch(/^TIDEGATE_[A-Z0-9_]+$/)
  }
  expect(new Set(docs.map(({ env }) => env)).size).toBe(docs.length)
  expect(docs.find(({ name }) => name === 'gateway.limits.frameBytes')).toEqual({
    name: 'gateway.limits.frameBytes',
    env: 'TIDEGATE_GATEWAY_LIMITS_FRAME_BYTES',
    type: 'whole-number',
    default: '65536',
    sensitive: false,
    doc: expect.any(String) as string,
  })
  for (const key of Object.values(workerConfig.keys)) expect(key.doc).toMatch(/\.$/)
})

test('names of the environment follow the names of settings', () => {
  expect(envName('gateway.auth.clockSkewS')).toBe('TIDEGATE_GATEWAY_AUTH_CLOCK_SKEW_S')
  expect(envName('log.level')).toBe('TIDEGATE_LOG_LEVEL')
})
