import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { listenForWorkers } from '../../../src/cli/gate-listener.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { silent } from '../gateway/harness.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function listener() {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-listener-'))
  closing.push(() => rm(folder, { recursive: true }))
  const authority = certificateAuthority()
  const { cert, key } = authority.issue('gate')
  const files = { cert: join(folder, 'cert'), key: join(folder, 'key'), ca: join(folder, 'ca') }
  await writeFile(files.cert, cert)
  await writeFile(files.key, key)
  await writeFile(files.ca, authority.cert)
  let linked = 0
  const made = await listenForWorkers(
    { host: '127.0.0.1', port: 0, path: null, ...files },
    {
      clock: systemClock,
      log: silent,
      onWorker(socket) {
        linked++
        closing.push(() => void socket.destroy())
      },
    },
  )
  closing.push(() => made.stop())
  return { port: Number(new URL(made.url).port), authority, linked: () => linked }
}

it('lets a worker in while strangers who say nothing hold as many connections as they can', async () => {
  const { port, authority, linked } = await listener()
  let open = 0
  const strangers = Array.from({ length: 400 }, async () => {
    const stranger = connect(port, '127.0.0.1')
    closing.push(() => void stranger.destroy())
    stranger.on('error', () => undefined)
    await once(stranger, 'connect')
    open++
    stranger.on('close', () => open--)
  })
  await Promise.all(strangers)
  await eventually(() => open <= 128)
  const { cert, key } = authority.issue('worker')
  const worker = connectTls({ port, host: '127.0.0.1', servername: 'gate', cert, key, ca: authority.cert })
  closing.push(() => void worker.destroy())
  await once(worker, 'secureConnect')
  await eventually(() => linked() === 1)
  expect(linked()).toBe(1)
})
