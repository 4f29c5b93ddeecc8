import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TimeZone;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;

/**
 * Kafka Connect's converters, asked by lines of JSON: {@code {op, converter, config, as, topic, bytes | data}}, where {@code as} is key, value or header.
 * Many requests may come in one as {@code {op: "all", requests}}.
 */
public final class Converters {
    private static final Map<String, Object> MADE = new HashMap<>();

    public static void main(String[] args) throws Exception {
        // Header texts without a zone are read in that of the machine.
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Lines.serve(Converters::answer);
    }

    private static JsonNode answer(JsonNode request) throws Exception {
        return switch (request.get("op").asText()) {
            case "all" -> all(request.get("requests"));
            case "list" -> list();
            case "configDef" -> configDef(request.get("converter").asText());
            default -> convert(request);
        };
    }

    private static JsonNode all(JsonNode requests) {
        ObjectNode answers = Lines.JSON.createObjectNode();
        ArrayNode list = answers.putArray("answers");
        for (JsonNode request : requests) {
            try {
                list.add(convert(request));
            } catch (Exception | StackOverflowError error) {
                ObjectNode told = list.addObject();
                told.put("error", String.valueOf(error.getMessage()));
                told.put("exception", error.getClass().getName());
            }
        }
        return answers;
    }

    private static JsonNode convert(JsonNode request) throws Exception {
        String as = request.path("as").asText("value");
        String topic = request.path("topic").asText("t");
        Object converter = converter(request.get("converter").asText(), request.path("config"), as);
        ObjectNode out = Lines.JSON.createObjectNode();
        if (request.get("op").asText().equals("toConnect")) {
            JsonNode given = request.get("bytes");
            byte[] bytes = given.isNull() ? null : Base64.getDecoder().decode(given.asText());
            SchemaAndValue data = as.equals("header")
                ? ((HeaderConverter) converter).toConnectHeader(topic, "h", bytes)
                : ((Converter) converter).toConnectData(topic, bytes);
            out.set("data", ConnectJson.print(data));
            out.put("valid", ConnectJson.isValid(data));
            return out;
        }
        SchemaAndValue data = ConnectJson.parse(request.get("data"));
        byte[] bytes = as.equals("header")
            ? ((HeaderConverter) converter).fromConnectHeader(topic, "h", data.schema(), data.value())
            : ((Converter) converter).fromConnectData(topic, data.schema(), data.value());
        out.put("bytes", bytes == null ? null : Base64.getEncoder().encodeToString(bytes));
        return out;
    }

    /** One of each kind and configuration; its caches are part of what is compared. */
    private static Object converter(String name, JsonNode config, String as) throws Exception {
        String key = name + " " + as + " " + config;
        Object made = MADE.get(key);
        if (made != null) return made;
        Object converter = Class.forName(name).getDeclaredConstructor().newInstance();
        Map<String, Object> options = new HashMap<>();
        for (Map.Entry<String, JsonNode> option : config.properties()) options.put(option.getKey(), option.getValue().asText());
        if (as.equals("header")) {
            options.put("converter.type", "header");
            ((HeaderConverter) converter).configure(options);
        } else {
            ((Converter) converter).configure(options, as.equals("key"));
        }
        if (MADE.size() > 100) MADE.clear();
        MADE.put(key, converter);
        return converter;
    }

    /** The converters that Kafka Connect's jars declare, as its plugin scan finds them. */
    private static JsonNode list() {
        ObjectNode out = Lines.JSON.createObjectNode();
        ArrayNode converters = out.putArray("converters");
        ServiceLoader.load(Converter.class).stream().map(found -> found.type().getName()).filter(Converters::isKafkas).sorted().forEach(converters::add);
        ArrayNode headers = out.putArray("headerConverters");
        ServiceLoader.load(HeaderConverter.class).stream().map(found -> found.type().getName()).filter(Converters::isKafkas).sorted().forEach(headers::add);
        return out;
    }

    private static boolean isKafkas(String name) {
        return name.startsWith("org.apache.kafka.");
    }

    private static JsonNode configDef(String name) throws Exception {
        Object converter = Class.forName(name).getDeclaredConstructor().newInstance();
        ConfigDef def = converter instanceof Converter one ? one.config() : ((HeaderConverter) converter).config();
        ObjectNode out = Lines.JSON.createObjectNode();
        ArrayNode keys = out.putArray("keys");
        for (ConfigDef.ConfigKey key : def.configKeys().values()) {
            ObjectNode told = keys.addObject();
            told.put("name", key.name);
            told.put("type", key.type.name());
            told.put("required", !key.hasDefault());
            told.put("default_value", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null);
            told.put("importance", key.importance.name());
            told.put("group", key.group);
            told.put("order_in_group", key.orderInGroup);
            told.put("width", key.width.name());
            told.put("display_name", key.displayName);
            ArrayNode dependents = told.putArray("dependents");
            key.dependents.forEach(dependents::add);
        }
        return out;
    }
}
