import { connectors } from '../../../src/connectors/index.ts'
import { converters } from '../../../src/converters/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { type ValidationContext, validateDeclaration } from '../../../src/runtime/validation.ts'
import { predicates, transformations } from '../../../src/transforms/index.ts'

/** The plugins that come with the worker. */
export const builtIn = createPlugins([connectors, converters, transformations, predicates])

/** What validation says of a declaration, whatever connector it names. */
export const validate = (props: Record<string, string | null>, context?: ValidationContext) =>
  validateDeclaration(builtIn.find('connector', props['connector.class'] ?? '').plugin, props, builtIn, context)

/** A sink's declaration in which nothing is wrong. */
export const sink = { name: 'n', 'connector.class': 'FileStreamSink', topics: 't' }
export const source = { name: 'n', 'connector.class': 'FileStreamSource', topic: 't', file: '/tmp/x' }
export const smt = 'org.apache.kafka.connect.transforms.'
