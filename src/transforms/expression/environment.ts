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

/** The language of expressions: CEL, with numbers that mix. Parsing refuses what is deeper or longer than these. */
export function createEnvironment(): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 200, maxDepth: 30, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 4 },
  })
  for (const name of variables) environment.registerVariable(name, 'dyn')
  for (const [operator, calculate] of Object.entries(mixed)) {
    const handler = (a: number | bigint, b: number | bigint) => calculate(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int`, handler)
    environment.registerOperator(`int ${operator} double`, handler)
  }
  environment.registerOperator('double % double', mixed['%'] ?? Number)
  return environment.registerFunction('string.fits(string): bool', fits)
}
