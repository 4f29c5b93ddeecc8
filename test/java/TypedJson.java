import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/** Connect's schemas and values in JSON that keeps every Java type apart: {@code {"t": "long", "v": "5"}}. */
final class TypedJson {
    private TypedJson() {}

    static Schema readSchema(JsonNode json) {
        if (json == null || json.isNull()) return null;
        SchemaBuilder builder;
        switch (json.get("type").asText()) {
            case "array":
                builder = SchemaBuilder.array(readSchema(json.get("values")));
                break;
            case "map":
                builder = SchemaBuilder.map(readSchema(json.get("keys")), readSchema(json.get("values")));
                break;
            default:
                builder = new SchemaBuilder(Schema.Type.valueOf(json.get("type").asText().toUpperCase(Locale.ROOT)));
        }
        if (json.has("fields")) {
            for (JsonNode field : json.get("fields")) builder.field(field.get("name").asText(), readSchema(field.get("schema")));
        }
        if (json.path("optional").asBoolean()) builder.optional();
        if (json.has("name")) builder.name(json.get("name").asText());
        if (json.has("version")) builder.version(json.get("version").asInt());
        if (json.has("doc")) builder.doc(json.get("doc").asText());
        if (json.has("parameters")) {
            json.get("parameters").fields().forEachRemaining(each -> builder.parameter(each.getKey(), each.getValue().asText()));
        }
        if (json.has("default")) builder.defaultValue(read(json.get("default"), builder));
        return builder.build();
    }

    static Object read(JsonNode json, Schema schema) {
        if (json == null || json.isNull()) return null;
        JsonNode value = json.get("v");
        switch (json.get("t").asText()) {
            case "byte": return Byte.valueOf(value.asText());
            case "short": return Short.valueOf(value.asText());
            case "int": return Integer.valueOf(value.asText());
            case "long": return Long.valueOf(value.asText());
            case "float": return Float.valueOf(value.asText());
            case "double": return Double.valueOf(value.asText());
            case "boolean": return value.asBoolean();
            case "string": return value.asText();
            case "bytes": return Base64.getDecoder().decode(value.asText());
            case "decimal": return new BigDecimal(value.asText()).setScale(Integer.parseInt(schema.parameters().get("scale")));
            case "date": return new java.util.Date(Long.parseLong(value.asText()));
            case "list": {
                List<Object> list = new ArrayList<>();
                for (JsonNode item : value) list.add(read(item, schema == null ? null : schema.valueSchema()));
                return list;
            }
            case "map": {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (JsonNode pair : value) {
                    map.put(read(pair.get(0), schema == null ? null : schema.keySchema()),
                        read(pair.get(1), schema == null ? null : schema.valueSchema()));
                }
                return map;
            }
            case "struct": {
                Struct struct = new Struct(schema);
                for (JsonNode pair : value) {
                    Field field = schema.field(pair.get(0).asText());
                    Object item = read(pair.get(1), field.schema());
                    // A field that is required and has a default may be left unset, but not be set to null.
                    if (item != null) struct.put(field, item);
                }
                return struct;
            }
            default: throw new IllegalArgumentException(json.toString());
        }
    }

    /** A value without schema as JavaScript sees it: its numbers are whole ones or doubles, and dates are such numbers. */
    static Object collapse(Object value) {
        if (value instanceof java.util.Date) return ((java.util.Date) value).getTime();
        if (value instanceof Byte || value instanceof Short || value instanceof Integer) return ((Number) value).longValue();
        if (value instanceof Float || value instanceof Double) {
            double number = ((Number) value).doubleValue();
            boolean whole = Math.rint(number) == number && Math.abs(number) < 9007199254740992.0;
            return whole ? (Object) (long) number : (Object) number;
        }
        if (value instanceof List) {
            List<Object> list = new ArrayList<>();
            for (Object item : (List<?>) value) list.add(collapse(item));
            return list;
        }
        if (value instanceof Map) {
            Map<Object, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((key, item) -> map.put(key, collapse(item)));
            return map;
        }
        return value;
    }

    static JsonNode writeSchema(Schema schema) {
        if (schema == null) return NullNode.instance;
        ObjectNode json = Lines.JSON.createObjectNode();
        json.put("type", schema.type().getName());
        if (schema.isOptional()) json.put("optional", true);
        if (schema.name() != null) json.put("name", schema.name());
        if (schema.version() != null) json.put("version", schema.version());
        if (schema.doc() != null) json.put("doc", schema.doc());
        if (schema.parameters() != null) {
            ObjectNode parameters = json.putObject("parameters");
            schema.parameters().forEach(parameters::put);
        }
        if (schema.defaultValue() != null) json.set("default", write(schema.defaultValue()));
        if (schema.type() == Schema.Type.STRUCT) {
            ArrayNode fields = json.putArray("fields");
            for (Field field : schema.fields()) {
                fields.addObject().put("name", field.name()).set("schema", writeSchema(field.schema()));
            }
        }
        if (schema.type() == Schema.Type.MAP && schema.keySchema() != null) json.set("keys", writeSchema(schema.keySchema()));
        boolean holds = schema.type() == Schema.Type.MAP || schema.type() == Schema.Type.ARRAY;
        if (holds && schema.valueSchema() != null) json.set("values", writeSchema(schema.valueSchema()));
        return json;
    }

    static JsonNode write(Object value) {
        if (value == null) return NullNode.instance;
        if (value instanceof Byte) return typed("byte", value.toString());
        if (value instanceof Short) return typed("short", value.toString());
        if (value instanceof Integer) return typed("int", value.toString());
        if (value instanceof Long) return typed("long", value.toString());
        if (value instanceof Float) return typed("float", Double.toString((Float) value));
        if (value instanceof Double) return typed("double", value.toString());
        if (value instanceof Boolean) return Lines.JSON.createObjectNode().put("t", "boolean").put("v", (Boolean) value);
        if (value instanceof String) return typed("string", (String) value);
        if (value instanceof byte[]) return typed("bytes", Base64.getEncoder().encodeToString((byte[]) value));
        if (value instanceof ByteBuffer) return typed("bytes", Base64.getEncoder().encodeToString(((ByteBuffer) value).array()));
        if (value instanceof BigDecimal) return typed("decimal", ((BigDecimal) value).toPlainString());
        if (value instanceof java.util.Date) return typed("date", Long.toString(((java.util.Date) value).getTime()));
        ObjectNode json = Lines.JSON.createObjectNode();
        ArrayNode items = Lines.JSON.createArrayNode();
        if (value instanceof List) {
            for (Object item : (List<?>) value) items.add(write(item));
            return json.put("t", "list").set("v", items);
        }
        if (value instanceof Map) {
            ((Map<?, ?>) value).forEach((key, item) -> items.addArray().add(write(key)).add(write(item)));
            return json.put("t", "map").set("v", items);
        }
        if (value instanceof Struct) {
            Struct struct = (Struct) value;
            for (Field field : struct.schema().fields()) {
                items.addArray().add(field.name()).add(write(struct.getWithoutDefault(field.name())));
            }
            return json.put("t", "struct").set("v", items);
        }
        throw new IllegalArgumentException(value.getClass().toString());
    }

    private static ObjectNode typed(String type, String text) {
        return Lines.JSON.createObjectNode().put("t", type).put("v", text);
    }
}
