import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { kafkaClient, write } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

test('a running sink of topics.regex follows a topic that is made later, and takes no other', async () => {
  const home = await workerHome(inject('kafka'))
  const kafka = kafkaClient()
  const run = randomUUID()
  const make = async (name: string, value: string): Promise<void> => {
    await kafka.createTopic(name, { partitions: 1, replicationFactor: 1 })
    await write(name, [value], kafka)
  }
  await make(`town.${run}.north`, 'north')
  await make(`country.${run}.north`, 'elsewhere')
  const file = join(home.dir, 'out.txt')
  const worker = await home.start([
    {
      name: 'towns',
      'connector.class': 'FileStreamSink',
      file,
      'topics.regex': `town\\.${run}\\.[a-z]+`,
      'value.converter': 'StringConverter',
      'consumer.override.metadata.max.age.ms': '500',
    },
  ])
  const holds = (text: string) =>
    eventually(async () => (await readFile(file, 'utf8')) === text, { what: `${JSON.stringify(text)} in the file` })
  await holds('north\n')
  await make(`town.${run}.south`, 'south')
  await holds('north\nsouth\n')
  const { get } = restOf(worker)
  expect(await get('/connectors/towns/topics')).toEqual({
    towns: { topics: expect.arrayContaining([`town.${run}.north`, `town.${run}.south`]) },
  })
  expect(await worker.end()).toBe(0)
})
