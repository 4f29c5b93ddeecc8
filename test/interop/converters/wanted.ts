import { comparable, type TypedData, type TypedSchema } from '../connect-json.ts'
import type { Difference } from './compare.ts'
import { canonicalJson } from './json-text.ts'

interface Wanted {
  /** As `docs/differences.md` says it. */
  readonly why: string
  is(difference: Difference): boolean
}

const oursFails = ({ java, ours }: Difference, message: RegExp): boolean =>
  'result' in java && 'error' in ours && message.test(ours.error)
const isJson = ({ subject }: Difference): boolean => subject.converter.endsWith('.JsonConverter')

/** A number's digits do not count, its value does. */
function withNumbers(difference: Difference, answer: Difference['java']): string | undefined {
  if (!('result' in answer) || !Buffer.isBuffer(answer.result)) return undefined
  return isJson(difference)
    ? canonicalJson(answer.result, (text) => Math.fround(Number(text)))
    : answer.result
        .toString('latin1')
        .replaceAll('\0', '')
        .replace(/-?\d+(?:\.\d+)?(?:E[+-]?\d+)?/g, (text) => String(Math.fround(Number(text))))
}

const wanted: readonly Wanted[] = [
  {
    why: 'StringConverter writes objects as JSON and bytes as base64',
    is: ({ way, subject, data }) =>
      way === 'write' && subject.converter.endsWith('.StringConverter') && typeof data?.value === 'object',
  },
  {
    why: 'numbers without a schema have no class: a number converter takes what fits',
    is: ({ way, data, java, ours }) =>
      way === 'write' &&
      data?.schema === undefined &&
      typeof data?.value !== 'object' &&
      'error' in java &&
      'result' in ours,
  },
  {
    why: 'floating point numbers are written in the fewest digits (Java before 19 sometimes writes one more)',
    is: (difference) => {
      const text = withNumbers(difference, difference.java)
      return difference.way === 'write' && text !== undefined && text === withNumbers(difference, difference.ours)
    },
  },
  {
    why: 'JsonConverter: a payload of another kind than its schema is an error',
    is: (difference) =>
      isJson(difference) &&
      oursFails(difference, /does not fit (?:the schema type|the decimal)|is not base64|Maps with|invalid map entry/),
  },
  {
    why: 'JsonConverter: bytes that are not UTF-8 are an error',
    is: (difference) => isJson(difference) && oursFails(difference, /it is not UTF-8/),
  },
  {
    why: 'JsonConverter: what follows the first JSON value is an error',
    is: (difference) => isJson(difference) && oursFails(difference, /Expected the end of the text/),
  },
  {
    why: 'JsonConverter without schema: integers beyond 64 bits keep their digits',
    is: (difference) =>
      isJson(difference) && /\d{19}/.test(difference.bytes?.toString() ?? '') && hasWideInteger(difference),
  },
  {
    why: 'JsonConverter reads "NaN", "Infinity" and "-Infinity" as what it has written; Java as 0',
    is: (difference) =>
      isJson(difference) &&
      difference.way === 'read' &&
      'result' in difference.java &&
      'result' in difference.ours &&
      JSON.stringify(comparable(difference.java.result as TypedData)) === withZeros(difference.ours.result),
  },
  {
    why: 'JsonConverter without schema: a number with an exponent of ten digits is infinite, as other numbers beyond doubles are',
    is: (difference) =>
      isJson(difference) && 'result' in difference.ours && /e[+-]?\d{10}/i.test(difference.bytes?.toString() ?? ''),
  },
  {
    why: 'SimpleHeaderConverter: numbers with an exponent beyond 1000 that no double holds stay text',
    is: ({ way, subject, bytes, ours }) =>
      way === 'read' &&
      subject.converter.endsWith('.SimpleHeaderConverter') &&
      /e[+-]?\p{Nd}{4}/iu.test(bytes?.toString() ?? '') &&
      'result' in ours &&
      (ours.result as TypedData).schema?.type === 'string',
  },
  {
    why: 'surrogates encoded as UTF-8 are not text: Java replaces three bytes by one character, Node each by one',
    is: ({ way, bytes, java, ours }) =>
      way === 'read' &&
      /\u00ed[\u00a0-\u00bf]/.test(bytes?.toString('latin1') ?? '') &&
      JSON.stringify([java, ours]).includes('\uFFFD') &&
      sameBesidesReplaced(java, ours),
  },
  {
    why: 'SimpleHeaderConverter: nested lists and maps of several types have no schema of them; Java takes the last one',
    is: ({ way, subject, java, ours }) =>
      way === 'read' &&
      subject.converter.endsWith('.SimpleHeaderConverter') &&
      'result' in java &&
      'result' in ours &&
      saysLess(ours.result as TypedData, comparable(java.result as TypedData)),
  },
  {
    why: 'SimpleHeaderConverter: Java infers a schema that its own value does not fit',
    is: ({ way, subject, java, ours }) =>
      way === 'read' &&
      subject.converter.endsWith('.SimpleHeaderConverter') &&
      'valid' in java &&
      !java.valid &&
      'result' in ours,
  },
]

function sameBesidesReplaced(java: Difference['java'], ours: Difference['ours']): boolean {
  const [one, other] = [java, ours].map((answer) =>
    'result' in answer ? JSON.stringify(comparable(answer.result as TypedData)).replace(/\uFFFD+/g, '?') : '',
  )
  return one === other
}

/** Whether it is the same value, and the same schema but for parts that are left open. */
const saysLess = (ours: TypedData, java: TypedData): boolean =>
  JSON.stringify(ours.value) === JSON.stringify(java.value) &&
  JSON.stringify(ours.schema) !== JSON.stringify(java.schema) &&
  leavesOpen(ours.schema, java.schema)

function leavesOpen(ours: TypedSchema | null | undefined, java: TypedSchema | null | undefined): boolean {
  if (!ours || !java) return !ours
  const same = ours.type === java.type && ours.name === java.name
  return same && leavesOpen(ours.keys, java.keys) && leavesOpen(ours.values, java.values)
}

const withZeros = (ours: unknown): string =>
  JSON.stringify(ours).replace(
    /\["float(32|64)","(?:[7f]f800000|7fc00000|[7f]ff0{13}|7ff8000000000000)"\]/g,
    '["float$1","0"]',
  )

const hasWideInteger = ({ ours }: Difference): boolean =>
  'result' in ours && /\["int","-?\d{19,}"\]/.test(JSON.stringify(ours.result))

/** Why a difference is wanted; undefined when it is not. */
export const wantedReason = (difference: Difference): string | undefined =>
  wanted.find((each) => each.is(difference))?.why
