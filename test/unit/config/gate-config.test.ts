import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadGateConfig } from '../../../src/config/gate-config.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const keys = `gateway.position.keys=${Buffer.alloc(32, 1).toString('base64')}`

async function warningsOf(lines: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const file = join(await tempFolder(), 'gate.properties')
  await writeFile(file, [keys, ...lines].join('\n'))
  const { warnings } = await loadGateConfig({ file, env, flags: {} })
  return warnings
}

test('a gate names what it was given and does not use, wherever it was given', async () => {
  const lines = ['gateway.revocations.max=5', 'rest.port=9', 'gateway.link.cert=/nowhere', 'gateway.enabled=false']
  expect(await warningsOf(lines, { TIDEGATE_GATEWAY_REVOCATIONS_TOPIC: 'x' })).toEqual([
    'rest.port, gateway.enabled, gateway.revocations.topic, gateway.revocations.max, gateway.link.cert: only workers use this, and it changes nothing on a gate.',
  ])
})

test('of what a gate uses nothing is said', async () => {
  expect(await warningsOf(['gateway.port=0', 'gateway.limits.sessions=5', 'gate.link.port=0'])).toEqual([])
})
