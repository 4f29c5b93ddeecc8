import type { SchemaAndValue } from '#api'
import type { JavaProgram } from '../../support/java.ts'
import { comparable, type TypedData, typedData } from '../connect-json.ts'
import { canonicalJson } from './json-text.ts'
import { attempt, ours, type Subject } from './ours.ts'
import { wantedReason } from './wanted.ts'

/** Data to be written and read again by both, or bytes to be read by both. */
export interface Case {
  readonly subject: Subject
  readonly data?: SchemaAndValue
  readonly bytes?: Buffer | null
}

export type Answer<T> = { readonly result: T; readonly valid?: boolean } | { readonly error: string }

/** What one side did otherwise than the other. */
export interface Difference {
  readonly way: 'read' | 'write'
  readonly subject: Subject
  readonly data?: SchemaAndValue | undefined
  readonly bytes?: Buffer | null | undefined
  readonly java: Answer<unknown>
  readonly ours: Answer<unknown>
}

export type Verdict = { readonly kind: 'equal' } | { readonly kind: 'wanted' | 'differs'; readonly why: string }

type JavaAnswer = { bytes?: string | null; data?: TypedData; valid?: boolean; error?: string }

/** One verdict for each case: of writing it, of reading what Java wrote, and of what Java reads of ours. */
export async function compareAll(java: JavaProgram, cases: readonly Case[]): Promise<readonly Verdict[]> {
  const toWrite = cases.filter((each) => each.data !== undefined)
  const written = await askAll(
    java,
    toWrite.map(({ subject, data }) => ({ op: 'fromConnect', ...subject, data: data && typedData(data) })),
  )
  const javaBytes = new Map(toWrite.map((each, index) => [each, bytesOf(written[index])]))
  const ourBytes = new Map(
    toWrite.map((each) => [each, attempt(() => ours(each.subject).write(each.data ?? { value: null }))]),
  )
  const readings = cases.flatMap((each) => readingsOf(each, javaBytes.get(each), ourBytes.get(each)))
  const read = await askAll(
    java,
    readings.map(({ subject, bytes }) => ({ op: 'toConnect', ...subject, bytes: bytes?.toString('base64') ?? null })),
  )
  const found = new Map<Case, Difference[]>()
  const note = (each: Case, difference: Difference | undefined) =>
    difference && found.set(each, [...(found.get(each) ?? []), difference])
  for (const each of toWrite) note(each, writing(each, javaBytes.get(each), ourBytes.get(each)))
  readings.forEach((reading, index) => note(reading.of, readingDiffers(reading, dataOf(read[index]))))
  return cases.map((each) => verdictOf(found.get(each) ?? []))
}

interface Reading {
  readonly of: Case
  readonly subject: Subject
  readonly bytes: Buffer | null
}

function readingsOf(of: Case, ...written: readonly (Answer<Buffer | null> | undefined)[]): readonly Reading[] {
  const bytes =
    of.bytes === undefined
      ? written.flatMap((answer) => (answer && 'result' in answer ? [answer.result] : []))
      : [of.bytes]
  const unique = new Map(bytes.map((each) => [each?.toString('base64'), each]))
  return [...unique.values()].map((each) => ({ of, subject: of.subject, bytes: each }))
}

function writing(each: Case, java?: Answer<Buffer | null>, mine?: Answer<Buffer | null>): Difference | undefined {
  if (!java || !mine) return undefined
  const same =
    'result' in java && 'result' in mine
      ? sameBytes(each.subject, java.result, mine.result)
      : 'error' in java === 'error' in mine
  return same ? undefined : { way: 'write', subject: each.subject, data: each.data, java, ours: mine }
}

function sameBytes({ converter }: Subject, java: Buffer | null, mine: Buffer | null): boolean {
  if (java === null || mine === null) return java === mine
  if (java.equals(mine)) return true
  return converter.endsWith('JsonConverter') && canonicalJson(java) === canonicalJson(mine)
}

function readingDiffers({ of, subject, bytes }: Reading, java: Answer<TypedData>): Difference | undefined {
  const mine = attempt(() => comparable(typedData(ours(subject).read(bytes))))
  const same =
    'result' in java && 'result' in mine
      ? JSON.stringify(comparable(java.result)) === JSON.stringify(mine.result)
      : 'error' in java === 'error' in mine
  return same ? undefined : { way: 'read', subject, data: of.data, bytes, java, ours: mine }
}

function verdictOf(differences: readonly Difference[]): Verdict {
  const reasons = differences.map((difference) => ({ difference, why: wantedReason(difference) }))
  const unwanted = reasons.find(({ why }) => why === undefined)
  if (unwanted) return { kind: 'differs', why: JSON.stringify(told(unwanted.difference)) }
  return reasons[0]?.why === undefined ? { kind: 'equal' } : { kind: 'wanted', why: reasons[0].why }
}

const told = ({ data, bytes, java, ours: mine, ...rest }: Difference) => ({
  ...rest,
  data: data && typedData(data),
  bytes: bytes?.toString('latin1'),
  java: shown(java),
  ours: shown(mine),
})

const shown = (answer: Answer<unknown>): unknown =>
  'result' in answer && Buffer.isBuffer(answer.result) ? answer.result.toString('latin1') : answer

const batch = 250

async function askAll(java: JavaProgram, requests: readonly object[]): Promise<readonly JavaAnswer[]> {
  const batches = Array.from({ length: Math.ceil(requests.length / batch) }, (_, index) =>
    requests.slice(index * batch, (index + 1) * batch),
  )
  const answers: JavaAnswer[] = []
  for (const each of batches) {
    const answer = await java.ask<{ answers: JavaAnswer[] }>({ op: 'all', requests: each })
    answers.push(...answer.answers)
  }
  return answers
}

function bytesOf(answer: JavaAnswer | undefined): Answer<Buffer | null> {
  if (answer?.bytes === undefined) return { error: answer?.error ?? 'no answer' }
  return { result: answer.bytes === null ? null : Buffer.from(answer.bytes, 'base64') }
}

function dataOf(answer: JavaAnswer | undefined): Answer<TypedData> {
  if (answer?.data === undefined) return { error: answer?.error ?? 'no answer' }
  return { result: answer.data, valid: answer.valid ?? true }
}
