import { ConfigError, defineConfig, defineTransformation } from '#api'
import { parsePath } from './field-path.ts'
import { parseJsonFields, readBy } from './json-fields.ts'
import { type Output, projector } from './projector.ts'
import { onKey, sideOf } from './side.ts'
import { ownVersion } from './version.ts'

const example = '{"id":"id","lat":"vehicle.position.latitude"}'

/** Ours: what a chain of Kafka Connect's Flatten and ReplaceField would do, in one step. */
export const project = defineTransformation({
  name: 'Project',
  version: ownVersion,
  doc: 'Makes a new key or value of fields picked from anywhere in the old one. Null stays null.',
  sided: true,
  config: defineConfig({
    fields: {
      type: 'string',
      importance: 'high',
      validator: readBy(parseOutputs),
      doc: `A JSON object of new names and where they are found: \`${example}\`. Dots descend, backticks keep the dots of a name, \`[0]\` is an element of an array.`,
    },
    missing: {
      type: 'string',
      importance: 'medium',
      default: 'null',
      values: ['null', 'skip', 'fail'],
      doc: 'What becomes of a path that leads nowhere: a null, no field at all, or an error.',
    },
    on: onKey,
  }),
  create({ fields, missing, on }) {
    const side = sideOf(on)
    const planFor = projector(parseOutputs(fields), missing)
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      const plan = planFor(schema)
      return side.replace(record, plan.schema, plan.apply(value))
    }
  },
})

function parseOutputs(text: string): readonly Output[] {
  return parseJsonFields(text, example).map(([name, path]) => {
    if (typeof path !== 'string' || path === '')
      throw new ConfigError(`the path of "${name}" must be a text, as in ${example}`)
    if (name === '__proto__') throw new ConfigError('a field cannot be named __proto__')
    return { name, path, steps: parsePath(path, { indexes: true }) }
  })
}
