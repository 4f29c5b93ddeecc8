import { expect, test } from 'vitest'
import * as api from '#api'

const { ConnectError, DataError, isRetriable, messageOf, RetriableError, SchemaMismatchError, TimeoutError, traceOf } =
  api

test('an error takes its code from its own class', () => {
  expect(new RetriableError('x')).toMatchObject({ name: 'RetriableError', code: 'RETRIABLE', retriable: true })
  expect(new SchemaMismatchError('x')).toMatchObject({
    name: 'SchemaMismatchError',
    code: 'SCHEMA_MISMATCH',
    status: 500,
  })
  expect(new SchemaMismatchError('x')).toBeInstanceOf(DataError)
})

test('codes are unique', () => {
  const classes = Object.values(api).filter(
    (value): value is typeof ConnectError =>
      typeof value === 'function' && (value as unknown) !== ConnectError && value.prototype instanceof ConnectError,
  )
  expect(classes.length).toBeGreaterThan(8)
  expect(new Set(classes.map(({ code }) => code)).size).toBe(classes.length)
})

test('ours are known by their brand, also those of another copy of this package', () => {
  expect(ConnectError.is(new RetriableError('x'))).toBe(true)
  expect(ConnectError.is(Object.assign(new Error('x'), { [Symbol.for('tidegate.error')]: true }))).toBe(true)
  expect([new Error('x'), 'x', undefined].map((error) => ConnectError.is(error))).toEqual([false, false, false])
})

test('only ours can be retriable', () => {
  expect(isRetriable(new TimeoutError('x'))).toBe(true)
  expect([new DataError('x'), Object.assign(new Error('x'), { retriable: true }), null].map(isRetriable)).toEqual([
    false,
    false,
    false,
  ])
})

test('the trace holds the causes, whatever was thrown', () => {
  const error = new DataError('outer', { cause: new Error('inner', { cause: 'root' }), context: { field: 'a' } })
  expect(traceOf(error)).toMatch(/outer[^]*Caused by: Error: inner[^]*Caused by: root/)
  expect(error.context).toEqual({ field: 'a' })
  expect([messageOf(error), messageOf('text')]).toEqual(['outer', 'text'])
})
