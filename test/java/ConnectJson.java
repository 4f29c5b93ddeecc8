import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;

/** Connect's data as typed JSON and back; {@code test/interop/connect-json.ts} prints the same for the same data. */
final class ConnectJson {
    private static final long DAY = 86_400_000L;

    static ObjectNode print(SchemaAndValue data) {
        ObjectNode out = Lines.JSON.createObjectNode();
        if (data == null) return out.putNull("schema").putNull("value");
        out.set("schema", printSchema(data.schema()));
        out.set("value", printValue(data.schema(), data.value()));
        return out;
    }

    /** Whether the value is one of its schema by Connect's own rules: what is inferred from text sometimes is not. */
    static boolean isValid(SchemaAndValue data) {
        try {
            if (data != null && data.schema() != null) {
                ConnectSchema.validateValue(data.schema(), data.value());
                checkDates(data.schema(), data.value());
            }
            return true;
        } catch (RuntimeException error) {
            return false;
        }
    }

    /** Dates with a time and times of more than a day, which Java's own converters refuse. */
    private static void checkDates(Schema schema, Object value) {
        if (schema == null || value == null) return;
        if (Date.LOGICAL_NAME.equals(schema.name())) Date.fromLogical(schema, (java.util.Date) value);
        if (Time.LOGICAL_NAME.equals(schema.name())) Time.fromLogical(schema, (java.util.Date) value);
        if (value instanceof List<?> list) for (Object item : list) checkDates(schema.valueSchema(), item);
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, item) -> {
                checkDates(schema.keySchema(), key);
                checkDates(schema.valueSchema(), item);
            });
        }
    }

    static JsonNode printSchema(Schema schema) {
        if (schema == null) return Lines.JSON.nullNode();
        ObjectNode out = Lines.JSON.createObjectNode();
        out.put("type", schema.type().getName());
        out.put("optional", schema.isOptional());
        if (schema.name() != null) out.put("name", schema.name());
        if (schema.version() != null) out.put("version", schema.version());
        if (schema.doc() != null) out.put("doc", schema.doc());
        if (schema.parameters() != null && !schema.parameters().isEmpty()) {
            ArrayNode parameters = out.putArray("parameters");
            schema.parameters().entrySet().stream().sorted(Map.Entry.comparingByKey())
                .forEach(entry -> parameters.addArray().add(entry.getKey()).add(entry.getValue()));
        }
        if (schema.defaultValue() != null) out.set("default", printValue(schema, schema.defaultValue()));
        switch (schema.type()) {
            case ARRAY -> out.set("values", printSchema(schema.valueSchema()));
            case MAP -> {
                out.set("keys", printSchema(schema.keySchema()));
                out.set("values", printSchema(schema.valueSchema()));
            }
            case STRUCT -> {
                ArrayNode fields = out.putArray("fields");
                for (Field field : schema.fields()) fields.addArray().add(field.name()).add(printSchema(field.schema()));
            }
            default -> { }
        }
        return out;
    }

    /** {@code [kind, text or parts]}: integers are one kind, since the schema says which. */
    static JsonNode printValue(Schema schema, Object value) {
        if (value == null) return Lines.JSON.nullNode();
        if (value instanceof Byte || value instanceof Short || value instanceof Integer || value instanceof Long) return pair("int", value.toString());
        if (value instanceof Float number) return pair("float32", Integer.toHexString(Float.floatToIntBits(number)));
        if (value instanceof Double number) return pair("float64", Long.toHexString(Double.doubleToLongBits(number)));
        if (value instanceof Boolean) return pair("boolean", value.toString());
        if (value instanceof String text) return pair("string", text);
        if (value instanceof byte[] bytes) return pair("bytes", Base64.getEncoder().encodeToString(bytes));
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return pair("bytes", Base64.getEncoder().encodeToString(bytes));
        }
        if (value instanceof BigDecimal decimal) return pair("decimal", plain(decimal));
        if (value instanceof java.util.Date date) {
            long millis = date.getTime();
            boolean isDate = schema != null && Date.LOGICAL_NAME.equals(schema.name());
            return pair("int", String.valueOf(isDate ? Math.floorDiv(millis, DAY) : millis));
        }
        ArrayNode parts = Lines.JSON.createArrayNode();
        if (value instanceof List<?> list) {
            Schema values = schema == null || schema.type() != Schema.Type.ARRAY ? null : schema.valueSchema();
            for (Object item : list) parts.add(printValue(values, item));
            return Lines.JSON.createArrayNode().add("array").add(parts);
        }
        if (value instanceof Map<?, ?> map) {
            boolean known = schema != null && schema.type() == Schema.Type.MAP;
            map.entrySet().stream()
                .map(entry -> Lines.JSON.createArrayNode()
                    .add(printValue(known ? schema.keySchema() : null, entry.getKey()))
                    .add(printValue(known ? schema.valueSchema() : null, entry.getValue())))
                .sorted((one, other) -> one.get(0).toString().compareTo(other.get(0).toString()))
                .forEach(parts::add);
            return Lines.JSON.createArrayNode().add("map").add(parts);
        }
        if (value instanceof Struct struct) {
            for (Field field : struct.schema().fields()) {
                parts.addArray().add(field.name()).add(printValue(field.schema(), struct.getWithoutDefault(field.name())));
            }
            return Lines.JSON.createArrayNode().add("struct").add(parts);
        }
        throw new IllegalArgumentException("Not data of Connect: " + value.getClass());
    }

    /** Zeros behind the point say nothing of the value. */
    private static String plain(BigDecimal decimal) {
        if (Math.abs((long) decimal.scale()) > 10_000) return decimal.toString();
        return decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString();
    }

    private static ArrayNode pair(String kind, String text) {
        return Lines.JSON.createArrayNode().add(kind).add(text);
    }

    static SchemaAndValue parse(JsonNode data) {
        Schema schema = parseSchema(data.get("schema"));
        return new SchemaAndValue(schema, parseValue(schema, data.get("value")));
    }

    static Schema parseSchema(JsonNode json) {
        if (json == null || json.isNull()) return null;
        Schema.Type type = Schema.Type.valueOf(json.get("type").asText().toUpperCase(java.util.Locale.ROOT));
        SchemaBuilder builder = switch (type) {
            case ARRAY -> SchemaBuilder.array(parseSchema(json.get("values")));
            case MAP -> SchemaBuilder.map(parseSchema(json.get("keys")), parseSchema(json.get("values")));
            default -> SchemaBuilder.type(type);
        };
        if (type == Schema.Type.STRUCT) {
            for (JsonNode field : json.get("fields")) builder.field(field.get(0).asText(), parseSchema(field.get(1)));
        }
        if (json.path("optional").asBoolean()) builder.optional();
        if (json.has("name")) builder.name(json.get("name").asText());
        if (json.has("version")) builder.version(json.get("version").asInt());
        if (json.has("doc")) builder.doc(json.get("doc").asText());
        if (json.has("parameters")) for (JsonNode entry : json.get("parameters")) builder.parameter(entry.get(0).asText(), entry.get(1).asText());
        if (json.has("default")) {
            Schema built = builder.build();
            builder.defaultValue(parseValue(built, json.get("default")));
        }
        return builder.build();
    }

    static Object parseValue(Schema schema, JsonNode json) {
        if (json == null || json.isNull()) return null;
        String text = json.get(1).asText();
        JsonNode parts = json.get(1);
        switch (json.get(0).asText()) {
            case "int": return integer(schema, new BigInteger(text));
            case "float32": return Float.intBitsToFloat(Integer.parseUnsignedInt(text, 16));
            case "float64": return Double.longBitsToDouble(Long.parseUnsignedLong(text, 16));
            case "boolean": return Boolean.valueOf(text);
            case "string": return text;
            case "bytes": return Base64.getDecoder().decode(text);
            case "decimal": {
                BigDecimal decimal = new BigDecimal(text);
                if (schema == null || !Decimal.LOGICAL_NAME.equals(schema.name())) return decimal;
                return decimal.setScale(Integer.parseInt(schema.parameters().get(Decimal.SCALE_FIELD)));
            }
            case "array": {
                List<Object> list = new ArrayList<>();
                for (JsonNode item : parts) list.add(parseValue(schema == null ? null : schema.valueSchema(), item));
                return list;
            }
            case "map": {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (JsonNode entry : parts) {
                    map.put(parseValue(schema == null ? null : schema.keySchema(), entry.get(0)), parseValue(schema == null ? null : schema.valueSchema(), entry.get(1)));
                }
                return map;
            }
            case "struct": {
                Struct struct = new Struct(schema);
                for (JsonNode field : parts) {
                    String name = field.get(0).asText();
                    // A field may be unset although it is required: it has a default then.
                    if (!field.get(1).isNull()) struct.put(name, parseValue(schema.field(name).schema(), field.get(1)));
                }
                return struct;
            }
            default: throw new IllegalArgumentException("Not typed JSON: " + json);
        }
    }

    private static Object integer(Schema schema, BigInteger value) {
        if (schema == null) return value.longValueExact();
        String name = String.valueOf(schema.name());
        switch (name) {
            case Date.LOGICAL_NAME: return new java.util.Date(value.longValueExact() * DAY);
            case Time.LOGICAL_NAME:
            case Timestamp.LOGICAL_NAME: return new java.util.Date(value.longValueExact());
            default:
        }
        return switch (schema.type()) {
            case INT8 -> (Object) value.byteValueExact();
            case INT16 -> value.shortValueExact();
            case INT32 -> value.intValueExact();
            default -> value.longValueExact();
        };
    }
}
