import { atLeast } from '#api'
import { registryKeys } from '../../registry/index.ts'
import { isSubjectStrategy, subjectStrategies } from './subjects.ts'

const strategyKey = (side: string) =>
  ({
    type: 'class',
    importance: 'medium',
    default: 'io.confluent.kafka.serializers.subject.TopicNameStrategy',
    validator: isSubjectStrategy,
    recommended: () => subjectStrategies,
    doc: `How the subject of ${side} is named: \`<topic>-${side === 'keys' ? 'key' : 'value'}\`, the record's full name, or both joined by \`-\`. Simple or Java class name.`,
  }) as const

/** The keys of every converter with a registry; names and defaults are Confluent's where Confluent has them. */
export const wireKeys = {
  ...registryKeys,
  'auto.register.schemas': {
    type: 'boolean',
    importance: 'medium',
    default: true,
    doc: 'Whether a schema that the subject does not have is registered when data with it is written. Nothing is registered for data from outside, nor when one of the keys below says which schema to write with.',
  },
  'use.latest.version': {
    type: 'boolean',
    importance: 'medium',
    default: false,
    doc: "Write with the subject's newest schema, whatever `auto.register.schemas` says. Data may then come without a schema.",
  },
  'latest.compatibility.strict': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: 'With `use.latest.version`: whether data with fields that the newest schema does not have is an error. Otherwise they are left out.',
  },
  'use.schema.id': {
    type: 'int',
    importance: 'low',
    default: -1,
    validator: atLeast(-1),
    doc: 'Write with the schema of this id.',
  },
  'id.compatibility.strict': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: 'With `use.schema.id`: whether data with fields that this schema does not have is an error. Otherwise they are left out.',
  },
  'schema.version': {
    type: 'int',
    importance: 'medium',
    default: null,
    validator: atLeast(1),
    doc: 'Write with this version of the subject, and hold data from outside to it.',
  },
  'schema.file': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'Write with the schema of this file, which must be registered, and hold data from outside to it.',
  },
  'read.schema.version': {
    type: 'int',
    importance: 'medium',
    default: null,
    validator: atLeast(1),
    doc: 'Read all data as this version of the subject, whichever version it was written with.',
  },
  'read.schema.file': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'Read all data as the schema of this file, whichever schema it was written with.',
  },
  'ignore.default.for.nullables': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether null in a field that has a default is written as null, where it can be, and not as the default.',
  },
  'key.subject.name.strategy': strategyKey('keys'),
  'value.subject.name.strategy': strategyKey('values'),
} as const
