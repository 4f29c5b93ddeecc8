import { Environment } from '@marcbachmann/cel-js'
import { fits } from './regex.ts'

/** Numbers of records may be either kind, so that arithmetic takes them mixed; the result is a double. */
const mixed: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

/** What an expression may name of a record. */
export const variables = ['key', 'value', 'headers', 'topic', 'partition', 'offset', 'timestamp'] as const

const limits = { maxAstNodes: 200, maxDepth: 30, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 4 }

/** The language of expressions: CEL, with numbers that mix. Parsing refuses what is deeper or longer than these. */
export function createEnvironment(): Environment {
  return environmentFor(variables, limits).registerFunction('string.fits(string): bool', fits)
}

/** What a filter of a client may name of a message. */
export const filterVariables = ['value', 'key', 'channel'] as const

/** The language for those who are trusted less: shorter, and without patterns. */
export const createFilterEnvironment = (): Environment =>
  environmentFor(filterVariables, { ...limits, maxAstNodes: 100, maxDepth: 20 })

function environmentFor(names: readonly string[], bounds: typeof limits): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: bounds })
  for (const name of names) environment.registerVariable(name, 'dyn')
  for (const [operator, calculate] of Object.entries(mixed)) {
    const handler = (a: number | bigint, b: number | bigint) => calculate(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int`, handler)
    environment.registerOperator(`int ${operator} double`, handler)
  }
  environment.registerOperator('double % double', mixed['%'] ?? Number)
  return environment
}
