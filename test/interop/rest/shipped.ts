/** The package of what Kafka Connect ships. */
export const transform = 'org.apache.kafka.connect.transforms'
/** The transformations and predicates that Kafka Connect ships. */
export const transformations = [
  ...[
    'Cast',
    'ExtractField',
    'Flatten',
    'HeaderFrom',
    'HoistField',
    'InsertField',
    'MaskField',
    'ReplaceField',
    'SetSchemaMetadata',
    'TimestampConverter',
  ].flatMap((name) => [`${name}$Key`, `${name}$Value`]),
  'DropHeaders',
  'Filter',
  'InsertHeader',
  'RegexRouter',
  'TimestampRouter',
  'ValueToKey',
  ...['HasHeaderKey', 'RecordIsTombstone', 'TopicNameMatches'].map((name) => `predicates.${name}`),
].map((name) => `${transform}.${name}`)
/** The converters that Kafka Connect ships. */
export const converters = [
  ...['Boolean', 'ByteArray', 'Double', 'Float', 'Integer', 'Long', 'Short'].map(
    (name) => `org.apache.kafka.connect.converters.${name}Converter`,
  ),
  'org.apache.kafka.connect.json.JsonConverter',
  'org.apache.kafka.connect.storage.StringConverter',
  'org.apache.kafka.connect.storage.SimpleHeaderConverter',
]
