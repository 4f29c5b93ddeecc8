import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.runtime.AbstractStatus;
import org.apache.kafka.connect.runtime.ConnectorStatus;
import org.apache.kafka.connect.runtime.RestartRequest;
import org.apache.kafka.connect.runtime.SessionKey;
import org.apache.kafka.connect.runtime.TargetState;
import org.apache.kafka.connect.runtime.TaskStatus;
import org.apache.kafka.connect.runtime.TopicStatus;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.runtime.distributed.DistributedConfig;
import org.apache.kafka.connect.storage.ClusterConfigState;
import org.apache.kafka.connect.storage.ConfigBackingStore;
import org.apache.kafka.connect.storage.KafkaConfigBackingStore;
import org.apache.kafka.connect.storage.KafkaOffsetBackingStore;
import org.apache.kafka.connect.storage.KafkaStatusBackingStore;
import org.apache.kafka.connect.storage.OffsetStorageReaderImpl;
import org.apache.kafka.connect.storage.OffsetStorageWriter;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.util.Callback;
import org.apache.kafka.connect.util.ConnectorTaskId;
import org.apache.kafka.connect.util.SharedTopicAdmin;

/** Kafka Connect's own stores of configurations, statuses and offsets: what they make of records, and what they write. */
public final class Stores {
    public static void main(String[] args) throws Exception {
        Lines.serve(request -> switch (request.get("op").asText()) {
            case "fold" -> fold(request);
            case "configs" -> configs(request);
            case "statuses" -> statuses(request);
            case "offsets" -> offsets(request);
            default -> throw new IllegalArgumentException(request.toString());
        });
    }

    private static JsonConverter json() {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "false"), false);
        return converter;
    }

    /** `bootstrap` may lead nowhere when the store is not started. */
    private static DistributedConfig config(JsonNode request) throws Exception {
        Map<String, String> props = new HashMap<>();
        props.put("bootstrap.servers", request.path("bootstrap").asText("127.0.0.1:1"));
        props.put("group.id", request.path("group").asText("group"));
        props.put("key.converter", StringConverter.class.getName());
        props.put("value.converter", StringConverter.class.getName());
        props.put("plugin.discovery", "service_load");
        for (String use : List.of("config", "offset", "status")) {
            props.put(use + ".storage.topic", request.path("topic").asText("unused"));
            props.put(use + ".storage.replication.factor", "1");
        }
        props.put("exactly.once.source.support", "enabled");
        DistributedConfig config = new DistributedConfig(props);
        // Else it is looked up, also for a store that is never started.
        Field clusterId = WorkerConfig.class.getDeclaredField("kafkaClusterId");
        clusterId.setAccessible(true);
        clusterId.set(config, "cluster");
        return config;
    }

    private static Map<String, String> props(JsonNode node) {
        Map<String, String> props = new LinkedHashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> all = node.fields(); all.hasNext();) {
            Map.Entry<String, JsonNode> each = all.next();
            props.put(each.getKey(), each.getValue().isNull() ? null : each.getValue().asText());
        }
        return props;
    }

    /** The records go to the store as its consumer's would; from `started` on the listener is told. */
    @SuppressWarnings("unchecked")
    private static JsonNode fold(JsonNode request) throws Exception {
        KafkaConfigBackingStore store = new KafkaConfigBackingStore(json(), config(request), null, () -> null, "fold");
        ArrayNode changes = Lines.JSON.createArrayNode();
        store.setUpdateListener(listener(changes));
        Constructor<?> constructor = Class.forName(KafkaConfigBackingStore.class.getName() + "$ConsumeCallback")
            .getDeclaredConstructor(KafkaConfigBackingStore.class);
        constructor.setAccessible(true);
        Callback<ConsumerRecord<String, byte[]>> callback = (Callback<ConsumerRecord<String, byte[]>>) constructor.newInstance(store);
        Field started = KafkaConfigBackingStore.class.getDeclaredField("started");
        started.setAccessible(true);
        int from = request.get("started").asInt();
        int index = 0;
        for (JsonNode record : request.get("records")) {
            if (index++ == from) started.set(store, true);
            byte[] value = record.get("value").isNull() ? null : record.get("value").asText().getBytes(StandardCharsets.UTF_8);
            callback.onCompletion(null, new ConsumerRecord<>("t", 0, record.get("offset").asLong(), record.get("key").asText(), value));
        }
        ObjectNode answer = snapshot(store.snapshot());
        answer.set("changes", changes);
        return answer;
    }

    private static ConfigBackingStore.UpdateListener listener(ArrayNode changes) {
        return new ConfigBackingStore.UpdateListener() {
            @Override public void onConnectorConfigRemove(String name) { changes.add("connector-removed " + name); }
            @Override public void onConnectorConfigUpdate(String name) { changes.add("connector-config " + name); }
            @Override public void onTaskConfigUpdate(Collection<ConnectorTaskId> tasks) { changes.add("tasks"); }
            @Override public void onConnectorTargetStateChange(String name) { changes.add("target-state " + name); }
            @Override public void onSessionKeyUpdate(SessionKey key) { changes.add("session-key"); }
            @Override public void onRestartRequest(RestartRequest request) {
                changes.add("restart " + request.connectorName() + " " + request.includeTasks() + " " + request.onlyFailed());
            }
            @Override public void onLoggingLevelUpdate(String namespace, String level) { changes.add("logger " + namespace + " " + level); }
        };
    }

    private static ObjectNode snapshot(ClusterConfigState state) {
        ObjectNode answer = Lines.JSON.createObjectNode();
        answer.put("offset", state.offset());
        if (state.sessionKey() != null) {
            ObjectNode key = answer.putObject("sessionKey");
            key.put("key", Base64.getEncoder().encodeToString(state.sessionKey().key().getEncoded()));
            key.put("algorithm", state.sessionKey().key().getAlgorithm());
            key.put("createdAt", state.sessionKey().creationTimestamp());
        }
        ObjectNode connectors = answer.putObject("connectors");
        for (String name : state.connectors()) {
            ObjectNode each = connectors.putObject(name);
            each.set("config", Lines.JSON.valueToTree(new TreeMap<>(state.rawConnectorConfig(name))));
            each.put("target", state.targetState(name).name());
            ArrayNode tasks = each.putArray("tasks");
            for (ConnectorTaskId task : state.tasks(name)) tasks.add(Lines.JSON.<JsonNode>valueToTree(state.rawTaskConfig(task)));
            each.put("generation", state.taskConfigGeneration(name));
            each.put("inconsistent", state.inconsistentConnectors().contains(name));
            each.set("applied", Lines.JSON.valueToTree(state.appliedConnectorConfig(name)));
            each.put("fencedCount", state.taskCountRecord(name));
            each.put("pendingFencing", state.pendingFencing(name));
        }
        return answer;
    }

    private static SharedTopicAdmin admin(JsonNode request) {
        return new SharedTopicAdmin(Map.of("bootstrap.servers", request.get("bootstrap").asText()));
    }

    /** Writes what is asked, then tells what the topic holds. */
    private static JsonNode configs(JsonNode request) throws Exception {
        try (SharedTopicAdmin admin = admin(request)) {
            KafkaConfigBackingStore store = new KafkaConfigBackingStore(json(), config(request), null, admin, "stores-");
            store.setUpdateListener(listener(Lines.JSON.createArrayNode()));
            store.start();
            try {
                if (request.has("writes")) store.claimWritePrivileges();
                for (JsonNode write : request.path("writes")) write(store, write);
                store.refresh(10, TimeUnit.SECONDS);
                return snapshot(store.snapshot());
            } finally {
                store.stop();
            }
        }
    }

    private static void write(KafkaConfigBackingStore store, JsonNode write) {
        String name = write.path("name").asText();
        switch (write.get("put").asText()) {
            case "connector" -> store.putConnectorConfig(name, props(write.get("config")),
                write.has("target") ? TargetState.valueOf(write.get("target").asText()) : null);
            case "removed" -> store.removeConnectorConfig(name);
            case "tasks" -> {
                List<Map<String, String>> tasks = new ArrayList<>();
                for (JsonNode task : write.get("tasks")) tasks.add(props(task));
                store.putTaskConfigs(name, tasks);
            }
            case "target" -> store.putTargetState(name, TargetState.valueOf(write.get("target").asText()));
            case "task-count" -> store.putTaskCountRecord(name, write.get("count").asInt());
            case "session-key" -> store.putSessionKey(new SessionKey(
                new SecretKeySpec(Base64.getDecoder().decode(write.get("key").asText()), "HmacSHA256"), write.get("createdAt").asLong()));
            case "restart" -> store.putRestartRequest(new RestartRequest(name, write.get("onlyFailed").asBoolean(), write.get("includeTasks").asBoolean()));
            case "logger" -> store.putLoggerLevel(name, write.get("level").asText());
            default -> throw new IllegalArgumentException(write.toString());
        }
    }

    private static JsonNode statuses(JsonNode request) throws Exception {
        try (SharedTopicAdmin admin = admin(request)) {
            KafkaStatusBackingStore store = new KafkaStatusBackingStore(Time.SYSTEM, json(), admin, "stores-");
            store.configure(config(request));
            store.start();
            try {
                for (JsonNode write : request.path("writes")) write(store, write);
                store.flush();
                ObjectNode answer = Lines.JSON.createObjectNode();
                if (request.has("writes")) return answer;
                ObjectNode connectors = answer.putObject("connectors");
                for (String name : store.connectors()) if (store.get(name) != null) connectors.set(name, status(store.get(name)));
                ObjectNode tasks = answer.putObject("tasks");
                ObjectNode topics = answer.putObject("topics");
                for (JsonNode each : request.get("names")) {
                    String name = each.asText();
                    for (TaskStatus status : store.getAll(name)) tasks.set(name + "-" + status.id().task(), status(status));
                    for (TopicStatus status : store.getAllTopics(name)) topics.put(name + ":" + status.topic(), status.task());
                }
                return answer;
            } finally {
                store.stop();
            }
        }
    }

    private static ObjectNode status(AbstractStatus<?> status) {
        return Lines.JSON.createObjectNode().put("state", status.state().name()).put("trace", status.trace())
            .put("workerId", status.workerId()).put("generation", status.generation()).put("version", status.version());
    }

    private static void write(KafkaStatusBackingStore store, JsonNode write) {
        String name = write.get("name").asText();
        if (write.has("topic")) {
            store.put(new TopicStatus(write.get("topic").asText(), name, write.get("task").asInt(), 5));
            return;
        }
        AbstractStatus.State state = AbstractStatus.State.valueOf(write.get("state").asText());
        String trace = write.path("trace").asText(null);
        int generation = write.get("generation").asInt();
        if (write.has("task"))
            store.put(new TaskStatus(new ConnectorTaskId(name, write.get("task").asInt()), state, "java:1", generation, trace, "4"));
        else store.put(new ConnectorStatus(name, state, trace, "java:1", generation, "4"));
    }

    /** Writes `writes` ({partition, offset}) of `name`, then tells the offsets of `name`, as text of Java's own JSON. */
    @SuppressWarnings("unchecked")
    private static JsonNode offsets(JsonNode request) throws Exception {
        String name = request.get("name").asText();
        try (SharedTopicAdmin admin = admin(request)) {
            KafkaOffsetBackingStore store = new KafkaOffsetBackingStore(admin, () -> "stores-", json());
            store.configure(config(request));
            store.start();
            try {
                if (request.has("writes")) {
                    OffsetStorageWriter writer = new OffsetStorageWriter(store, name, json(), json());
                    for (JsonNode write : request.get("writes"))
                        writer.offset(Lines.JSON.convertValue(write.get("partition"), LinkedHashMap.class),
                            Lines.JSON.convertValue(write.get("offset"), LinkedHashMap.class));
                    if (writer.beginFlush()) writer.doFlush((error, nothing) -> { }).get(30, TimeUnit.SECONDS);
                }
                store.get(Set.<ByteBuffer>of()).get(30, TimeUnit.SECONDS);
                OffsetStorageReaderImpl reader = new OffsetStorageReaderImpl(store, name, json(), json());
                ArrayNode found = Lines.JSON.createArrayNode();
                for (Map<String, Object> partition : store.connectorPartitions(name)) {
                    ObjectNode each = found.addObject();
                    each.put("partition", Lines.JSON.writeValueAsString(partition));
                    each.put("offset", Lines.JSON.writeValueAsString(reader.offset(partition)));
                }
                return found;
            } finally {
                store.stop();
            }
        }
    }
}
