import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startWorker, type Worker } from '../../src/cli/start-worker.ts'
import { eventually } from '../support/eventually.ts'
import { quietLog } from '../support/quiet.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { openClient } from '../support/tidegate-client.ts'
import { kafkaClient } from '../support/topics.ts'

const secret = 'a secret of at least thirty-two bytes'
const sign = (claims: object): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iat: now - 10, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
}

/** Starts workers of one cluster in this process. */
async function makeWorkers() {
  const dir = await tempFolder()
  const group = `revocations-${randomUUID()}`
  const file = join(dir, 'worker.json')
  const cluster = {
    'group.id': group,
    ...Object.fromEntries(
      ['config', 'offset', 'status'].flatMap((use) => [
        [`${use}.storage.topic`, `${group}-${use}`],
        [`${use}.storage.replication.factor`, '1'],
      ]),
    ),
    'offset.storage.partitions': '1',
    'status.storage.partitions': '1',
    'gateway.revocations.replicationFactor': '1',
    'plugin.path': '',
  }
  const props = {
    'bootstrap.servers': inject('kafka'),
    'key.converter': 'StringConverter',
    'value.converter': 'JsonConverter',
    listeners: 'http://127.0.0.1:0',
    'gateway.port': '0',
    'gateway.auth.secret': secret,
    'gateway.position.keys': Buffer.alloc(32, 7).toString('base64'),
    ...cluster,
  }
  await writeFile(file, JSON.stringify(props))
  const start = async (): Promise<Worker & { address: { host: string; port: number; url: string } }> => {
    const worker = await startWorker({ file, connectorFiles: [], env: {}, flags: {}, log: quietLog })
    onTestFinished(() => worker.stop())
    const url = worker.gatewayUrl ?? ''
    await eventually(async () => expect((await fetch(`${url}/health`)).status).toBe(200))
    return { ...worker, address: { host: '127.0.0.1', port: Number(new URL(url).port), url } }
  }
  return { start, group }
}

const revoke = async (worker: Worker, body: object): Promise<{ status: number; id: string }> => {
  const answer = await fetch(`${worker.restUrl}/gateway/revocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { id } = (await answer.json()) as { id: string }
  return { status: answer.status, id }
}

test('what one worker is told to revoke is so on the others, and on one that starts later', async () => {
  const { start, group } = await makeWorkers()
  const [one, other] = [await start(), await start()]
  const token = await sign({ sub: 'ann' })
  const [ann, bob] = [await openClient(other, token), await openClient(other, await sign({ sub: 'bob' }))]
  expect((await revoke(one, { user: 'ann' })).status).toBe(201)
  expect(await ann.closed()).toBe(4505)
  // The worker that has the session knows its token, and tells the others.
  expect((await revoke(one, { session: bob.frames[0]?.['session'] })).status).toBe(201)
  expect(await bob.closed()).toBe(4505)
  const late = await start()
  const bobs = await sign({ sub: 'bob', jti: 'new' })
  expect((await openClient(late, token)).frames[0]).toMatchObject({ code: 'revoked' })
  expect((await openClient(late, bobs)).frames[0]).toMatchObject({ type: 'connected' })
  const listed = (await (await fetch(`${late.restUrl}/gateway/revocations`)).json()) as { id: string; token?: string }[]
  expect(listed).toHaveLength(3)
  expect(listed.filter((each) => each.token?.startsWith('sha256:'))).toHaveLength(1)
  const info = await kafkaClient().topicInfo(`tidegate-revocations-${group}`)
  expect(info).toMatchObject({ partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  // Taken back on one worker it is so on all.
  for (const { id } of listed)
    expect((await fetch(`${late.restUrl}/gateway/revocations/${id}`, { method: 'DELETE' })).status).toBe(204)
  await eventually(async () => expect((await openClient(one, token)).frames[0]).toMatchObject({ type: 'connected' }))
}, 40_000)
