import { expect, test } from 'vitest'
import { identifyProcess, parseProcStat, parsePs } from '../../../src/stack/process-identity.ts'

test('reads the start time behind a name that holds spaces and brackets', () => {
  const numbers = Array.from({ length: 18 }, (_, index) => index + 100)
  expect(parseProcStat(`77 (a) b (c)) S ${numbers.join(' ')} 4711 0 0`)).toEqual({ state: 'S', startTime: '4711' })
})

test('reads a line of ps', () => {
  expect(parsePs('Ss   Sat Nov 21 09:09:27 2026 /usr/bin/java -Da=b kafka.Kafka\n')).toEqual({
    state: 'Ss',
    startTime: 'Sat Nov 21 09:09:27 2026',
    command: '/usr/bin/java -Da=b kafka.Kafka',
  })
  expect(parsePs('')).toBeUndefined()
})

test('knows this process, and that nothing has an impossible pid', async () => {
  const mine = await identifyProcess(process.pid)
  expect(mine?.pid).toBe(process.pid)
  expect(await identifyProcess(process.pid)).toEqual(mine)
  expect(await identifyProcess(2 ** 30)).toBeUndefined()
})
