import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaDeserializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaSerializer;
import io.apicurio.registry.utils.protobuf.schema.FileDescriptorUtils;
import io.apicurio.registry.utils.protobuf.schema.ProtobufFile;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Protobuf and JSON Schema as Java's own libraries write and read them, asked by lines of JSON; {@code args[0]} is the registry's URL. */
public final class RegistryConverters {
    private static JsonSchemaKafkaSerializer<JsonNode> serializer;
    private static JsonSchemaKafkaDeserializer<JsonNode> deserializer;

    public static void main(String[] args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("apicurio.registry.url", args[0]);
        config.put("apicurio.registry.as-confluent", "true");
        config.put("apicurio.registry.use-id", "contentId");
        config.put("apicurio.registry.headers.enabled", "false");
        config.put("apicurio.registry.find-latest", "true");
        config.put("apicurio.registry.serde.validation-enabled", "true");
        config.put("apicurio.registry.deserializer.value.return-class", JsonNode.class.getName());
        serializer = new JsonSchemaKafkaSerializer<>();
        serializer.configure(config, false);
        deserializer = new JsonSchemaKafkaDeserializer<>();
        deserializer.configure(config, false);
        Lines.serve(RegistryConverters::answer);
    }

    private static JsonNode answer(JsonNode request) throws Exception {
        ObjectNode out = Lines.JSON.createObjectNode();
        switch (request.get("op").asText()) {
            case "json.write" -> {
                JsonNode json = Lines.JSON.readTree(request.get("json").asText());
                return out.put("bytes", text(serializer.serialize(request.get("topic").asText(), json)));
            }
            case "json.read" -> {
                JsonNode json = deserializer.deserialize(request.get("topic").asText(), bytes(request));
                return out.put("json", Lines.JSON.writeValueAsString(json));
            }
            case "protobuf.read" -> {
                return shown(DynamicMessage.parseFrom(message(request), bytes(request)));
            }
            default -> {
                Random random = new Random(request.get("seed").asLong());
                Descriptor message = message(request);
                ArrayNode messages = out.putArray("messages");
                for (int each = 0; each < request.get("count").asInt(); each++) messages.add(shown(any(message, random, 3)));
                return out;
            }
        }
    }

    private static byte[] bytes(JsonNode request) {
        return Base64.getDecoder().decode(request.get("bytes").asText());
    }

    private static String text(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static Descriptor message(JsonNode request) throws Exception {
        FileDescriptor file = FileDescriptorUtils.protoFileToFileDescriptor(ProtobufFile.toProtoFileElement(request.get("schema").asText()));
        return file.findMessageTypeByName(request.get("message").asText());
    }

    private static ObjectNode shown(Message message) {
        ObjectNode out = Lines.JSON.createObjectNode();
        out.put("bytes", text(message.toByteArray()));
        out.set("fields", fields(message));
        return out;
    }

    /** All fields by name, those of a oneof that are not set left out; what is absent is null. */
    private static ObjectNode fields(Message message) {
        ObjectNode out = Lines.JSON.createObjectNode();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.getRealContainingOneof() != null && !message.hasField(field)) continue;
            if (field.hasPresence() && !message.hasField(field)) out.putNull(field.getName());
            else if (field.isRepeated()) {
                ArrayNode list = out.putArray(field.getName());
                ((List<?>) message.getField(field)).forEach(item -> list.add(value(item)));
            } else out.set(field.getName(), value(message.getField(field)));
        }
        return out;
    }

    private static JsonNode value(Object value) {
        if (value instanceof Message message) return fields(message);
        String text = value.toString();
        if (value instanceof EnumValueDescriptor symbol) text = symbol.getName();
        else if (value instanceof ByteString bytes) text = text(bytes.toByteArray());
        else if (value instanceof Float number) text = Integer.toHexString(Float.floatToIntBits(number));
        else if (value instanceof Double number) text = Long.toHexString(Double.doubleToLongBits(number));
        return Lines.JSON.getNodeFactory().textNode(text);
    }

    private static DynamicMessage any(Descriptor type, Random random, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            boolean deep = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
            if (random.nextInt(3) == 0 || (deep && depth == 0)) continue;
            if (field.isMapField()) {
                Object entry = anyValue(field, random, depth);
                message.addRepeatedField(field, entry);
            } else if (field.isRepeated()) {
                for (int size = random.nextInt(4); size > 0; size--) message.addRepeatedField(field, anyValue(field, random, depth));
            } else message.setField(field, anyValue(field, random, depth));
        }
        return message.build();
    }

    private static Object anyValue(FieldDescriptor field, Random random, int depth) {
        return switch (field.getJavaType()) {
            case INT -> List.of(0, 1, -1, 150, Integer.MAX_VALUE, Integer.MIN_VALUE, random.nextInt()).get(random.nextInt(7));
            case LONG -> List.of(0L, 1L, -1L, 1L << 53, (1L << 53) + 1, Long.MAX_VALUE, Long.MIN_VALUE, random.nextLong()).get(random.nextInt(8));
            case FLOAT -> List.of(0f, -0f, 0.1f, 1e38f, Float.NaN, Float.NEGATIVE_INFINITY).get(random.nextInt(6));
            case DOUBLE -> List.of(0d, -0d, 0.1d, 1e308, Double.NaN, Double.POSITIVE_INFINITY, random.nextDouble()).get(random.nextInt(7));
            case BOOLEAN -> random.nextBoolean();
            case STRING -> List.of("", "x", "Grüße 🚌", "a\u0000b").get(random.nextInt(4));
            case BYTE_STRING -> List.of(ByteString.EMPTY, ByteString.copyFrom(new byte[] {0, -1})).get(random.nextInt(2));
            case ENUM -> field.getEnumType().getValues().get(random.nextInt(field.getEnumType().getValues().size()));
            case MESSAGE -> any(field.getMessageType(), random, depth - 1);
        };
    }
}
