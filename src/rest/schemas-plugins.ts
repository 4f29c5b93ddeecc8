import { Type } from 'typebox'
import { ref, strict, textOrNull } from './schemas-parts.ts'

const previewed = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Optional(Type.Integer()),
    timestamp: Type.Optional(Type.Number()),
    key: Type.Unknown(),
    value: Type.Unknown(),
    headers: Type.Array(Type.Object({ key: Type.String(), value: Type.Unknown() }, strict)),
    channel: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
  },
  strict,
)

/** Of plugins, their configuration keys, and what a configuration would do. */
export const pluginSchemas = {
  PluginInfo: Type.Object(
    {
      class: Type.String(),
      type: Type.Enum(['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter']),
      version: Type.String(),
      package: Type.Optional(
        Type.Object(
          {
            name: Type.String(),
            version: Type.String(),
            installed: Type.Union([Type.String(), Type.Null()]),
            install: Type.Optional(Type.String({ description: 'What to type before it can be used.' })),
          },
          {
            ...strict,
            description: 'The npm package that the connector needs and its user installs. Not Kafka Connect’s.',
          },
        ),
      ),
    },
    strict,
  ),
  ConfigKey: Type.Object(
    {
      name: Type.String(),
      type: Type.Enum(['BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD']),
      required: Type.Boolean(),
      default_value: textOrNull,
      importance: Type.Enum(['HIGH', 'MEDIUM', 'LOW']),
      documentation: Type.String(),
      group: textOrNull,
      order_in_group: Type.Integer(),
      width: Type.Enum(['NONE', 'SHORT', 'MEDIUM', 'LONG']),
      display_name: Type.String(),
      dependents: Type.Array(Type.String()),
    },
    { ...strict, description: 'One key of a configuration.' },
  ),
  ConfigInfos: Type.Object(
    {
      name: Type.String({ description: '`connector.class` as it was sent.' }),
      error_count: Type.Integer({ minimum: 0 }),
      groups: Type.Array(Type.String()),
      configs: Type.Array(
        Type.Object(
          {
            definition: Type.Union([ref('ConfigKey'), Type.Null()]),
            value: Type.Object(
              {
                name: Type.String(),
                value: textOrNull,
                recommended_values: Type.Array(textOrNull),
                errors: Type.Array(Type.String()),
                visible: Type.Boolean(),
              },
              strict,
            ),
          },
          strict,
        ),
      ),
    },
    { ...strict, description: 'What is right and wrong with a configuration.' },
  ),
  Preview: Type.Object(
    {
      records: Type.Array(
        Type.Object(
          {
            origin: Type.Object(
              { topic: Type.String(), partition: Type.Integer(), offset: Type.String({ pattern: '^\\d+$' }) },
              strict,
            ),
            stages: Type.Array(
              Type.Object(
                {
                  stage: Type.String(),
                  class: Type.Optional(Type.String()),
                  records: Type.Array(previewed),
                  error: Type.Optional(Type.String()),
                },
                strict,
              ),
            ),
          },
          strict,
        ),
      ),
      warnings: Type.Array(Type.String()),
    },
    { ...strict, description: 'What real records become, stage by stage.' },
  ),
} as const
