import { DataError, defineConfig, defineTransformation } from '#api'
import { compileExpression, MissingValueError } from './expression/expression.ts'
import { isExpression, language } from './expression/validator.ts'
import { ownVersion } from './version.ts'

/** Ours: what Kafka Connect can do with a predicate plugin alone. */
export const filterBy = defineTransformation({
  name: 'FilterBy',
  version: ownVersion,
  doc: `Keeps or drops records by what is in them. ${language}`,
  config: defineConfig({
    'filter.condition': {
      type: 'string',
      importance: 'high',
      validator: isExpression,
      doc: 'The expression that decides, such as `value.speed > 50 && value.line in ["7", "31"]`. It has to answer true or false.',
    },
    'filter.type': {
      type: 'string',
      importance: 'high',
      default: 'include',
      values: ['include', 'exclude'],
      doc: 'Whether records for which the condition holds are kept, or dropped.',
    },
    'missing.or.null.behavior': {
      type: 'string',
      importance: 'medium',
      default: 'fail',
      values: ['fail', 'include', 'exclude'],
      doc: 'What becomes of a record that has not what the condition names: an error, kept, or dropped.',
    },
  }),
  create(config) {
    const holds = compileExpression(config['filter.condition'])
    const keepWhen = config['filter.type'] === 'include'
    const missing = config['missing.or.null.behavior']
    return (record) => {
      try {
        const answer = holds(record)
        if (typeof answer !== 'boolean') {
          throw new DataError(
            `The condition "${config['filter.condition']}" answered ${JSON.stringify(answer)}, neither true nor false.`,
          )
        }
        return answer === keepWhen ? record : null
      } catch (error) {
        if (!(error instanceof MissingValueError) || missing === 'fail') throw error
        return missing === 'include' ? record : null
      }
    }
  },
})
