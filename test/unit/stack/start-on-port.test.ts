import { expect, test } from 'vitest'
import type { Server } from '../../../src/stack/server.ts'
import { StackError } from '../../../src/stack/stack-error.ts'
import { startOnPort } from '../../../src/stack/start-on-port.ts'

/** A server whose first starts fail so. */
function serverThatFails(...errors: readonly string[]) {
  const ports: number[] = []
  const left = [...errors]
  const server: Pick<Server, 'start'> = {
    async start(port) {
      ports.push(port)
      const error = left.shift()
      if (error !== undefined) throw new StackError(error)
    },
  }
  return { server: server as Server, ports }
}
const anyPort = { wanted: 0, fallback: 0, label: 'Kafka', progress: () => undefined }

test('ports that somebody else took meanwhile are chosen again, that of the controller too', async () => {
  const { server, ports } = serverThatFails(
    'Kafka ended before it was ready.\njava.net.BindException: Address already in use',
  )
  const port = await startOnPort(server, anyPort, undefined)
  expect(ports).toHaveLength(2)
  expect(ports[1]).toBe(port)
})

test('what fails for another reason is not tried again', async () => {
  const { server, ports } = serverThatFails('Kafka ended before it was ready.\nInvalid value for log.dirs')
  await expect(startOnPort(server, anyPort, undefined)).rejects.toThrow('log.dirs')
  expect(ports).toHaveLength(1)
})
