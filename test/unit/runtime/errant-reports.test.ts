import { expect, onTestFinished, test, vi } from 'vitest'
import type { SinkRecord } from '#api'
import type { KafkaRecord } from '../../../src/kafka/index.ts'
import { createErrantReports } from '../../../src/runtime/errant-reports.ts'
import type { ErrorOperator } from '../../../src/runtime/error-operator.ts'

const record = { origin: {} } as SinkRecord
const reportsWith = (fail: () => Promise<void>) =>
  createErrantReports({ fail } as unknown as ErrorOperator<KafkaRecord>)

test('what was reported is not kept once it is dealt with', async () => {
  const allSettled = vi.spyOn(Promise, 'allSettled')
  onTestFinished(() => allSettled.mockRestore())
  const reports = reportsWith(async () => undefined)
  for (let count = 0; count < 3; count++) await reports.report(record, new Error('bad'))
  expect(await reports.settled()).toBe(true)
  const kept = await Promise.all(allSettled.mock.calls.flatMap(([given]) => [...given]))
  expect(kept).toEqual(Array.from({ length: 6 }, () => undefined))
})

test('a report that is not tolerated is told by all that ask, also later', async () => {
  let isTolerated = false
  const reports = reportsWith(async () => {
    if (!isTolerated) throw new Error('not tolerated')
  })
  const failed = reports.report(record, new Error('bad'))
  expect(reports.isQuiet()).toBe(false)
  await expect(failed).rejects.toThrow('not tolerated')
  isTolerated = true
  await reports.report(record, new Error('bad'))
  expect(await reports.settled()).toBe(false)
  expect(() => reports.check()).toThrow('not tolerated')
})
