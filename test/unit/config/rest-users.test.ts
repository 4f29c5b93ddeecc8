import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openUsers } from '../../../src/config/index.ts'
import { quietLog, recordingLog } from '../../support/quiet.ts'

const loginModule = 'org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule'

async function setUp(content: string) {
  const dir = await mkdtemp(join(tmpdir(), 'users-'))
  onTestFinished(async () => rm(dir, { recursive: true }))
  const file = join(dir, 'users.properties')
  await writeFile(file, content)
  const jaas = async (text: string) => {
    await writeFile(join(dir, 'jaas.conf'), text)
    return openUsers({ jaasFile: join(dir, 'jaas.conf') }, quietLog)
  }
  /** As editors do: a new file in the place of the old one. */
  const replace = async (text: string) => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  }
  return { dir, file, jaas, replace }
}

test('reads users and passwords as Java reads properties', async () => {
  const { file } = await setUp('# who may\nalice=pa:ss=1\nbob : b\\u00fc \nempty=\n')
  const users = await openUsers({ file }, quietLog)
  expect([...(await users())]).toEqual([
    ['alice', 'pa:ss=1'],
    ['bob', 'bü '],
    ['empty', ''],
  ])
})

test('a worker without users does not start', async () => {
  const { file, dir } = await setUp('# nobody yet\n\n')
  await expect(openUsers({ file }, quietLog)).rejects.toThrow(`The file ${file} names no user: write lines such as`)
  const missing = join(dir, 'missing')
  await expect(openUsers({ file: missing }, quietLog)).rejects.toThrow(`The file ${missing} cannot be read: ENOENT`)
})

test('reads the file again when it has changed, and lets nobody in while it is unusable', async () => {
  const { file, replace } = await setUp('alice=first')
  const log = recordingLog()
  const users = await openUsers({ file }, log)
  await replace('alice=second\nbob=b')
  expect([...(await users()).values()]).toEqual(['second', 'b'])
  await replace('')
  expect([(await users()).size, (await users()).size]).toEqual([0, 0])
  await rm(file)
  expect([(await users()).size, (await users()).size]).toEqual([0, 0])
  await replace('carol=c')
  expect([...(await users()).keys()]).toEqual(['carol'])
  expect(log.lines.map(({ level }) => level)).toEqual(['info', 'error', 'error', 'info'])
  expect(JSON.stringify(log.lines)).not.toMatch(/second|first/)
})

test('finds the file in a JAAS configuration', async () => {
  const { file, jaas } = await setUp('alice=a')
  const users = await jaas(`
    // the broker's
    KafkaClient { org.example.Other required user="x" debug=true; org.example.More optional; };
    /* ours */
    KafkaConnect {
      ${loginModule} REQUIRED
        file="${file}";
    };`)
  expect([...(await users()).keys()]).toEqual(['alice'])
})

test.each([
  ['Other { };', 'has no context KafkaConnect'],
  ['', 'has no context KafkaConnect'],
  ['KafkaConnect { org.example.Ldap required file="x"; };', 'has to be one module'],
  [`KafkaConnect { ${loginModule} required; };`, 'has to be one module'],
  [`KafkaConnect { ${loginModule} required file="x"; org.example.Ldap required; };`, 'has to be one module'],
  [`KafkaConnect { ${loginModule} file="x"; };`, 'is not followed by its flag'],
  [`KafkaConnect { ${loginModule} required file="x" }`, 'ends too early|is missing'],
  [`KafkaConnect { ${loginModule} required file="hunter2`, 'unexpected "|ends too early'],
  ['KafkaConnect', 'ends too early'],
])('refuses the JAAS configuration %s', async (text, message) => {
  const { jaas } = await setUp('alice=a')
  const failure = await jaas(text).catch(String)
  expect(failure).toMatch(RegExp(message))
  expect(failure).not.toContain('hunter2')
})
