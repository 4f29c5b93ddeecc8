import { expect, test } from 'vitest'
import type { Schema } from '#api'
import { createSchemaCache } from '../../../../src/connectors/common/schema-cache.ts'
import { manualClock, quietLog } from '../../../support/quiet.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function setUp() {
  const clock = manualClock()
  const answers: (Schema | Error)[] = []
  let asked = 0
  const schemaOf = createSchemaCache(
    async () => {
      const answer = answers[asked++] ?? new Error('no answer')
      if (answer instanceof Error) throw answer
      return answer
    },
    clock,
    quietLog,
  )
  return { clock, answers, schemaOf, asked: () => asked }
}

test('asks again in the background when a schema is ten seconds old', async () => {
  const { clock, answers, schemaOf, asked } = setUp()
  answers.push({ type: 'string' }, { type: 'bytes' })
  expect(await schemaOf('t')).toEqual({ type: 'string' })
  await clock.advance(9_999)
  expect(await schemaOf('t')).toEqual({ type: 'string' })
  expect(asked()).toBe(1)
  await clock.advance(1)
  expect(await schemaOf('t')).toEqual({ type: 'string' })
  await turn()
  expect(await schemaOf('t')).toEqual({ type: 'bytes' })
  expect(asked()).toBe(2)
})

test('keeps what it knows when a refresh fails', async () => {
  const { clock, answers, schemaOf } = setUp()
  answers.push({ type: 'string' }, new Error('away'))
  await schemaOf('t')
  await clock.advance(10_000)
  await schemaOf('t')
  await turn()
  expect(await schemaOf('t')).toEqual({ type: 'string' })
})

test('asks once a second while a first answer cannot be had', async () => {
  const { clock, answers, schemaOf, asked } = setUp()
  answers.push(new Error('away'), { type: 'string' })
  await expect(schemaOf('t')).rejects.toThrow('away')
  await expect(schemaOf('t')).rejects.toThrow('away')
  expect(asked()).toBe(1)
  await clock.advance(1000)
  expect(await schemaOf('t')).toEqual({ type: 'string' })
})
