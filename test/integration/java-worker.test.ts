import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startWorker, type Worker } from '../../src/cli/start-worker.ts'
import { restCases } from '../interop/rest/cases/index.ts'
import { compareAnswers, type Outcome } from '../interop/rest/compare.ts'
import { wantedDifferences } from '../interop/rest/differences.ts'
import { runCase } from '../interop/rest/run-case.ts'
import { type JavaWorker, startJavaWorker } from '../support/java-worker.ts'
import { quietLog } from '../support/quiet.ts'

const outcomes: Outcome[] = []
let dir: string
let java: JavaWorker
let ours: Worker

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-java-worker-'))
  java = await startJavaWorker({ bootstrapServers: inject('kafka'), dir })
  ours = await startOurs(dir)
}, 120_000)

afterAll(async () => {
  await Promise.all([java?.stop(), ours?.stop()])
  await rm(dir, { recursive: true, force: true })
})

async function startOurs(home: string): Promise<Worker> {
  const file = join(home, 'worker.json')
  const none = join(home, 'none.json')
  const idle = { 'connector.class': 'FileStreamSource', topic: 'none' }
  await writeFile(none, JSON.stringify({ name: 'none', config: idle, initial_state: 'STOPPED' }))
  await writeFile(
    file,
    JSON.stringify({
      'bootstrap.servers': inject('kafka'),
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'offset.storage.file.filename': join(home, 'ours.offsets'),
      'offset.flush.interval.ms': '200',
      'rest.port': 0,
      'gateway.enabled': false,
    }),
  )
  const worker = await startWorker({ file, connectorFiles: [none], env: {}, flags: {}, log: quietLog })
  await worker.herder.deleteConnector('none')
  return worker
}

test.each(restCases.map((each, index) => [each.name, each, index] as const))(
  'answers as Kafka Connect does: %s',
  async (name, each, index) => {
    const bootstrapServers = inject('kafka')
    const answers = await Promise.all([
      runCase(each, index, { kind: 'java', url: java.url, bootstrapServers, dir }),
      runCase(each, index, { kind: 'ours', url: ours.restUrl, bootstrapServers, dir }),
    ])
    const outcome = compareAnswers(name, ...answers, wantedDifferences)
    outcomes.push(outcome)
    expect(outcome.differs).toEqual([])
  },
)

test('every difference that is listed as wanted was met', () => {
  const met = new Set(outcomes.flatMap(({ wanted }) => wanted.map(({ row }) => row)))
  expect(wantedDifferences.map(({ row }) => row).filter((row) => !met.has(row))).toEqual([])
})
