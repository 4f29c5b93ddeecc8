import { expect, test } from 'vitest'
import { parseListeners } from '../../../src/stack/port-owner.ts'
import { choosePort, type PortSight } from '../../../src/stack/ports.ts'

function choose(wanted: number | undefined, taken: readonly number[], owner?: string) {
  const lines: string[] = []
  const sight: PortSight = {
    isFree: async (port) => !taken.includes(port),
    anyFree: async () => 40_000,
    owner: async () => owner,
  }
  const choice = { wanted, fallback: 9092, label: 'Kafka', progress: (line: string) => lines.push(line) }
  return { port: choosePort(choice, sight), lines }
}

test('takes the default when it is free, without a word', async () => {
  const { port, lines } = choose(undefined, [])
  expect(await port).toBe(9092)
  expect(lines).toEqual([])
})

test('moves away from a taken default and says who has it', async () => {
  const { port, lines } = choose(undefined, [9092], 'java kafka.Kafka (process 7)')
  expect(await port).toBe(19_092)
  expect(lines).toEqual(['Port 9092 is taken by java kafka.Kafka (process 7); Kafka moves to 19092.'])
})

test('moves to any free port when the second choice is taken as well', async () => {
  expect(await choose(undefined, [9092, 19_092]).port).toBe(40_000)
})

test('refuses a taken port that was asked for', async () => {
  await expect(choose(9999, [9999], 'nginx (process 8)').port).rejects.toThrow('taken by nginx (process 8)')
})

test('0 is any free port', async () => {
  expect(await choose(0, [9092]).port).toBe(40_000)
})

test('finds the sockets that listen on a port, and no others', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 0100007F:2384 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1',
    '   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1',
  ].join('\n')
  expect(parseListeners(table, 9092)).toEqual(['111'])
})
