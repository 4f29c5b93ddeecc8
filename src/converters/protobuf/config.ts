import { type ConfigOf, defineConfig } from '#api'
import { wireKeys } from '../wire/config.ts'

const flag = (preset: boolean, doc: string) => ({ type: 'boolean', importance: 'low', default: preset, doc }) as const

const dataKeys = {
  'enhanced.protobuf.schema.support': flag(false, 'Whether structs and enums are named with their package.'),
  'scrub.invalid.names': flag(false, 'Whether names that Protobuf does not take are changed instead of refused.'),
  'int.for.enums': flag(false, 'Whether enums are their numbers instead of their names.'),
  'optional.for.nullables': flag(
    false,
    'Whether only fields that say `optional` can be null, and optional fields are written so.',
  ),
  'optional.for.proto2': flag(true, 'Whether an `optional` field of proto2 that is absent is null, and not its zero.'),
  'wrapper.for.nullables': flag(
    false,
    'Whether optional primitives are wrapper messages such as `google.protobuf.StringValue`.',
  ),
  'wrapper.for.raw.primitives': flag(true, 'Whether a wrapper message as the whole value is its primitive.'),
  'generate.struct.for.nulls': flag(false, 'Whether an absent message is one of zeros and not null.'),
  'generate.index.for.unions': flag(true, 'Whether the field for a `oneof` ends with `_` and its number.'),
  'flatten.unions': flag(false, 'Whether the members of a `oneof` are fields of the struct around it.'),
} as const

const dataConfig = defineConfig(dataKeys)

export type ProtobufOptions = ConfigOf<typeof dataConfig>

/** The converter's configuration; names and defaults are Confluent's where Confluent has them. */
export const protobufConfig = defineConfig({ ...wireKeys, ...dataKeys })
