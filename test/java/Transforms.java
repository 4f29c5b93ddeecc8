import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** Runs Kafka Connect's transformations and predicates on records that come as {@link TypedJson}. */
public final class Transforms {
    private static final Map<String, Object> INSTANCES = new HashMap<>();

    public static void main(String[] args) throws Exception {
        // What Java writes of dates depends on both.
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        Lines.serve(request -> {
            switch (request.get("op").asText()) {
                case "list":
                    return list();
                case "keys":
                    return keys(request.get("class").asText());
                case "validate":
                    return validate(request);
                default:
                    ArrayNode answers = Lines.JSON.createArrayNode();
                    for (JsonNode each : request.get("cases")) answers.add(run(each));
                    return Lines.JSON.createObjectNode().set("answers", answers);
            }
        });
    }

    /** Every class of the distribution's jar that a configuration can name. */
    private static JsonNode list() throws Exception {
        File jar = new File(Transformation.class.getClassLoader()
            .loadClass("org.apache.kafka.connect.transforms.Cast").getProtectionDomain().getCodeSource().getLocation().toURI());
        TreeSet<String> names = new TreeSet<>();
        try (JarFile file = new JarFile(jar)) {
            for (var entry : (Iterable<java.util.jar.JarEntry>) file.stream()::iterator) {
                if (!entry.getName().endsWith(".class")) continue;
                String name = entry.getName().replace('/', '.').replaceAll("\\.class$", "");
                Class<?> type = Class.forName(name, false, Transforms.class.getClassLoader());
                boolean plugin = Transformation.class.isAssignableFrom(type) || Predicate.class.isAssignableFrom(type);
                if (plugin && !Modifier.isAbstract(type.getModifiers()) && Modifier.isPublic(type.getModifiers())) names.add(name);
            }
        }
        ObjectNode answer = Lines.JSON.createObjectNode();
        names.forEach(answer.putArray("classes")::add);
        return answer;
    }

    private static ConfigDef config(String name) throws Exception {
        Object plugin = Class.forName(name).getDeclaredConstructor().newInstance();
        return plugin instanceof Transformation ? ((Transformation<?>) plugin).config() : ((Predicate<?>) plugin).config();
    }

    private static JsonNode keys(String name) throws Exception {
        ObjectNode answer = Lines.JSON.createObjectNode();
        ArrayNode keys = answer.putArray("keys");
        for (ConfigDef.ConfigKey key : config(name).configKeys().values()) {
            ObjectNode each = keys.addObject();
            each.put("name", key.name);
            each.put("type", key.type.name());
            each.put("importance", key.importance.name());
            each.put("required", !key.hasDefault());
            each.put("default", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null);
        }
        return answer;
    }

    private static JsonNode validate(JsonNode request) throws Exception {
        ObjectNode answer = Lines.JSON.createObjectNode();
        for (ConfigValue value : config(request.get("class").asText()).validate(props(request.get("props")))) {
            ArrayNode errors = answer.putArray(value.name());
            value.errorMessages().forEach(errors::add);
        }
        return answer;
    }

    private static Map<String, String> props(JsonNode given) {
        Map<String, String> props = new HashMap<>();
        given.fields().forEachRemaining(each -> props.put(each.getKey(), each.getValue().asText()));
        return props;
    }

    private static Object instance(String name, JsonNode given) throws Exception {
        String key = name + given;
        Object plugin = INSTANCES.get(key);
        if (plugin == null) {
            plugin = Class.forName(name).getDeclaredConstructor().newInstance();
            if (plugin instanceof Transformation) ((Transformation<?>) plugin).configure(props(given));
            else ((Predicate<?>) plugin).configure(props(given));
            INSTANCES.put(key, plugin);
        }
        return plugin;
    }

    @SuppressWarnings("unchecked")
    private static <R extends ConnectRecord<R>> JsonNode run(JsonNode given) {
        ObjectNode answer = Lines.JSON.createObjectNode();
        R record;
        try {
            record = (R) record(given.get("record"));
        } catch (Exception wrong) {
            return answer.put("unusable", wrong.toString());
        }
        try {
            for (JsonNode step : given.get("chain")) {
                if (given.path("collapse").asBoolean()) record = collapsed(record);
                Object plugin = instance(step.get("class").asText(), step.get("props"));
                if (plugin instanceof Predicate) return answer.put("holds", ((Predicate<R>) plugin).test(record));
                record = ((Transformation<R>) plugin).apply(record);
                if (record == null) return answer.put("dropped", true);
            }
        } catch (Exception refused) {
            answer.put("exception", refused.getClass().getName());
            return answer.put("error", String.valueOf(refused.getMessage()));
        }
        answer.set("record", written(record));
        return answer;
    }

    private static <R extends ConnectRecord<R>> R collapsed(R record) {
        Object key = record.keySchema() == null ? TypedJson.collapse(record.key()) : record.key();
        Object value = record.valueSchema() == null ? TypedJson.collapse(record.value()) : record.value();
        return record.newRecord(record.topic(), record.kafkaPartition(), record.keySchema(), key, record.valueSchema(), value,
            record.timestamp());
    }

    private static ConnectRecord<?> record(JsonNode json) {
        Schema keySchema = TypedJson.readSchema(json.get("keySchema"));
        Schema valueSchema = TypedJson.readSchema(json.get("valueSchema"));
        Object key = TypedJson.read(json.get("key"), keySchema);
        Object value = TypedJson.read(json.get("value"), valueSchema);
        String topic = json.get("topic").asText();
        int partition = json.get("partition").asInt();
        Long timestamp = json.get("timestamp").isNull() ? null : Long.valueOf(json.get("timestamp").asText());
        ConnectHeaders headers = new ConnectHeaders();
        for (JsonNode header : json.get("headers")) {
            Schema schema = TypedJson.readSchema(header.get("schema"));
            headers.add(header.get("key").asText(), TypedJson.read(header.get("value"), schema), schema);
        }
        if (json.path("source").asBoolean()) {
            return new SourceRecord(Map.of(), Map.of(), topic, partition, keySchema, key, valueSchema, value, timestamp, headers);
        }
        long offset = Long.parseLong(json.get("offset").asText());
        return new SinkRecord(topic, partition, keySchema, key, valueSchema, value, offset, timestamp, TimestampType.CREATE_TIME, headers);
    }

    private static JsonNode written(ConnectRecord<?> record) {
        ObjectNode json = Lines.JSON.createObjectNode();
        json.put("topic", record.topic());
        json.put("partition", record.kafkaPartition());
        json.put("timestamp", record.timestamp() == null ? null : record.timestamp().toString());
        json.set("keySchema", TypedJson.writeSchema(record.keySchema()));
        json.set("key", TypedJson.write(record.key()));
        json.set("valueSchema", TypedJson.writeSchema(record.valueSchema()));
        json.set("value", TypedJson.write(record.value()));
        ArrayNode headers = json.putArray("headers");
        List<Header> all = new ArrayList<>();
        record.headers().forEach(all::add);
        for (Header header : all) {
            ObjectNode each = headers.addObject();
            each.put("key", header.key());
            each.set("schema", TypedJson.writeSchema(header.schema()));
            each.set("value", TypedJson.write(header.value()));
        }
        return json;
    }
}
