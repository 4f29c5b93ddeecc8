import { expect, test } from 'vitest'
import { fileStreamSink } from '../../../src/connectors/file/sink.ts'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { validateDeclaration } from '../../../src/runtime/index.ts'
import { predicates, transformations } from '../../../src/transforms/index.ts'

const plugins = createPlugins([[fileStreamSink], converters, headerConverters, transformations, predicates])

function validate(more: Readonly<Record<string, string>>) {
  const props = { name: 'c', 'connector.class': 'FileStreamSink', topics: 't', ...more }
  const { keys, warnings } = validateDeclaration(fileStreamSink, props, plugins, { raw: props, resolved: new Set() })
  return { errors: keys.flatMap(({ errors }) => errors), warnings }
}

test('reads a list with endless blanks in a time that grows with its length alone', () => {
  expect(validate({ topics: `a${' '.repeat(200_000)},b`, transforms: ' '.repeat(200_000) }).errors).toEqual([])
})

test('refuses more aliases than anybody means', () => {
  const aliases = Array.from({ length: 2000 }, (_, index) => `a${index}`).join()
  const { errors } = validate({ transforms: aliases })
  expect(errors.join()).toContain('At most 200 aliases may be given, and these are 2000.')
})

test('looks at no more than some of very many unknown properties', () => {
  const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`unknown.property.${index}`, '1']))
  const { errors, warnings } = validate({ ...unknown, [`x${'y'.repeat(50_000)}`]: '1' })
  expect(errors).toEqual([])
  expect(warnings.at(-1)).toBe('4981 more properties were not looked at')
})
