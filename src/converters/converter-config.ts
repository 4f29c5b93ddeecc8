import { type ConfigDef, type ConfigKeys, defineConfig } from '#api'

const type = {
  'converter.type': {
    type: 'string',
    importance: 'low',
    values: ['key', 'value', 'header'],
    doc: 'What the converter is for; the worker says it.',
  },
} as const satisfies ConfigKeys

type TypeKey = typeof type

/** The configuration of a converter of Kafka Connect. It shows `converter.type`, which Java requires and which nobody needs to set. */
export function defineConverterConfig<const K extends ConfigKeys>(keys: K): ConfigDef<TypeKey & K> {
  const config = defineConfig<TypeKey & K>({ ...type, ...keys })
  return {
    keys: config.keys,
    validate: (props) => config.validate({ 'converter.type': 'value', ...props }),
    parse: (props) => config.parse({ 'converter.type': 'value', ...props }),
  }
}
