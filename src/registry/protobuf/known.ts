const proto3 = (pkg: string, ...lines: readonly string[]): string =>
  `syntax = "proto3"; package ${pkg}; ${lines.join(' ')}`

const wrapper = (name: string, type: string): string => `message ${name} { ${type} value = 1; }`

/** Files that every Protobuf schema may import although no subject has them; what is not used here is left out of them. */
export const knownFiles: Readonly<Record<string, string>> = {
  'google/protobuf/timestamp.proto': proto3(
    'google.protobuf',
    'message Timestamp { int64 seconds = 1; int32 nanos = 2; }',
  ),
  'google/protobuf/duration.proto': proto3(
    'google.protobuf',
    'message Duration { int64 seconds = 1; int32 nanos = 2; }',
  ),
  'google/protobuf/empty.proto': proto3('google.protobuf', 'message Empty {}'),
  'google/protobuf/any.proto': proto3('google.protobuf', 'message Any { string type_url = 1; bytes value = 2; }'),
  'google/protobuf/field_mask.proto': proto3('google.protobuf', 'message FieldMask { repeated string paths = 1; }'),
  'google/protobuf/struct.proto': proto3(
    'google.protobuf',
    'message Struct { map<string, Value> fields = 1; }',
    'message Value { oneof kind { NullValue null_value = 1; double number_value = 2; string string_value = 3;',
    'bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6; } }',
    'enum NullValue { NULL_VALUE = 0; }',
    'message ListValue { repeated Value values = 1; }',
  ),
  'google/protobuf/wrappers.proto': proto3(
    'google.protobuf',
    wrapper('DoubleValue', 'double'),
    wrapper('FloatValue', 'float'),
    wrapper('Int64Value', 'int64'),
    wrapper('UInt64Value', 'uint64'),
    wrapper('Int32Value', 'int32'),
    wrapper('UInt32Value', 'uint32'),
    wrapper('BoolValue', 'bool'),
    wrapper('StringValue', 'string'),
    wrapper('BytesValue', 'bytes'),
  ),
  // Options only: what extends these is not looked at.
  'google/protobuf/descriptor.proto': proto3(
    'google.protobuf',
    ...['File', 'Message', 'Field', 'Oneof', 'Enum', 'EnumValue', 'Service', 'Method'].map(
      (name) => `message ${name}Options {}`,
    ),
  ),
  'google/type/date.proto': proto3('google.type', 'message Date { int32 year = 1; int32 month = 2; int32 day = 3; }'),
  'google/type/timeofday.proto': proto3(
    'google.type',
    'message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }',
  ),
  'google/type/money.proto': proto3(
    'google.type',
    'message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }',
  ),
  'google/type/latlng.proto': proto3('google.type', 'message LatLng { double latitude = 1; double longitude = 2; }'),
  'confluent/meta.proto': proto3(
    'confluent',
    'message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }',
  ),
  'confluent/type/decimal.proto': proto3(
    'confluent.type',
    'message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
  ),
}
