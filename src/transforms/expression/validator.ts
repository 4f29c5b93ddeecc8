import { readBy } from '../json-fields.ts'
import { compileExpression } from './expression.ts'

/** For a configuration key whose value is one expression. */
export const isExpression = readBy(compileExpression)

/** How expressions are written, for the documentation of an option. */
export const language =
  'Expressions are CEL: `value`, `key`, `headers`, `topic`, `partition`, `offset` and `timestamp` (ms) may be named; `value.a.b`, `value.list[0]`, `has(value.a)`, arithmetic, comparisons, `&&`, `||`, `!`, `? :`, `in`, texts with `contains`, `startsWith`, `endsWith`, `fits` (an RE2 pattern), `list.exists(x, …)`.'
