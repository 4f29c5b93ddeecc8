import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startWorker } from '../../src/cli/start-worker.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import type { IngressInput } from '../measures/ingress.ts'
import { serveCommands } from '../program.ts'

// A whole worker with one WebSocketServerSource, all its limits as they are by default.
serveCommands({ listen })

async function listen({ kafka, registry, topic, dir }: IngressInput): Promise<number> {
  const file = join(dir, 'worker.json')
  const source = join(dir, `${topic}.json`)
  const config = {
    'bootstrap.servers': kafka,
    'key.converter': 'StringConverter',
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': registry,
    'value.converter.auto.register.schemas': 'false',
    'value.converter.use.latest.version': 'true',
    'offset.storage.file.filename': join(dir, 'connect.offsets'),
    'gateway.port': 0,
    'rest.port': 0,
    'gateway.namespaces': { in: { publish: 'anonymous' } },
  }
  const declaration = { name: topic, 'connector.class': 'WebSocketServerSource', channels: 'in', topic }
  await writeFile(file, JSON.stringify(config))
  await writeFile(source, JSON.stringify(declaration))
  const worker = await startWorker({ file, connectorFiles: [source], env: {}, flags: {}, log: createLogger('warn') })
  return Number(new URL(worker.gatewayUrl ?? '').port)
}
