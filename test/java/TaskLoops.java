import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy;
import org.apache.kafka.connect.connector.policy.ConnectorClientConfigRequest;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.health.ConnectorType;
import org.apache.kafka.connect.runtime.ConnectMetrics;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.apache.kafka.connect.runtime.SourceConnectorConfig;
import org.apache.kafka.connect.runtime.errors.ErrorHandlingMetrics;
import org.apache.kafka.connect.runtime.errors.LogReporter;
import org.apache.kafka.connect.runtime.errors.ProcessingContext;
import org.apache.kafka.connect.runtime.errors.RetryWithToleranceOperator;
import org.apache.kafka.connect.runtime.errors.Stage;
import org.apache.kafka.connect.runtime.errors.ToleranceType;
import org.apache.kafka.connect.runtime.isolation.Plugins;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.util.ConnectorTaskId;
import org.apache.kafka.connect.util.TopicCreation;
import org.apache.kafka.connect.util.TopicCreationGroup;

/** What Kafka Connect's runtime decides around a task: topics of sources, override policies, failures. */
public final class TaskLoops {
    private static final ConnectorTaskId ID = new ConnectorTaskId("c", 0);
    private static final StandaloneConfig WORKER = new StandaloneConfig(Map.of(
        "bootstrap.servers", "127.0.0.1:1",
        "key.converter", StringConverter.class.getName(),
        "value.converter", StringConverter.class.getName(),
        "plugin.discovery", "service_load",
        "offset.storage.file.filename", "unused"));
    private static final Plugins PLUGINS = new Plugins(Map.of("plugin.discovery", "service_load"));
    private static final ErrorHandlingMetrics METRICS =
        new ErrorHandlingMetrics(ID, new ConnectMetrics("w", WORKER, Time.SYSTEM, "cluster"));

    public static void main(String[] args) throws Exception {
        Lines.serve(request -> switch (request.get("op").asText()) {
            case "topics" -> topics(request);
            case "policy" -> policy(request);
            case "execute" -> execute(request);
            case "log" -> log(request);
            default -> throw new IllegalArgumentException(request.toString());
        });
    }

    private static Map<String, String> props(JsonNode node) {
        Map<String, String> props = new HashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> all = node.fields(); all.hasNext();) {
            Map.Entry<String, JsonNode> each = all.next();
            props.put(each.getKey(), each.getValue().asText());
        }
        return props;
    }

    private static JsonNode topics(JsonNode request) {
        SourceConnectorConfig config = new SourceConnectorConfig(PLUGINS, props(request.get("props")), true);
        ObjectNode answer = Lines.JSON.createObjectNode();
        if (!config.usesTopicCreation()) return answer.putNull("topics");
        TopicCreation creation = TopicCreation.newTopicCreation(WORKER, TopicCreationGroup.configuredGroups(config));
        ArrayNode made = answer.putArray("topics");
        for (JsonNode topic : request.get("topics")) {
            TopicCreationGroup group = creation.findFirstGroup(topic.asText());
            NewTopic created = group.newTopic(topic.asText());
            ObjectNode each = made.addObject();
            each.put("group", group.name());
            each.put("partitions", created.numPartitions());
            each.put("replicationFactor", created.replicationFactor());
            ObjectNode configs = each.putObject("configs");
            if (created.configs() != null) created.configs().forEach(configs::put);
        }
        return answer;
    }

    private static JsonNode policy(JsonNode request) throws Exception {
        String name = "org.apache.kafka.connect.connector.policy." + request.get("policy").asText();
        ConnectorClientConfigOverridePolicy policy =
            (ConnectorClientConfigOverridePolicy) Class.forName(name).getDeclaredConstructor().newInstance();
        policy.configure(props(request.get("worker")));
        Map<String, Object> given = new HashMap<>(props(request.get("props")));
        List<ConfigValue> values = policy.validate(new ConnectorClientConfigRequest(
            "c", ConnectorType.SINK, null, given, ConnectorClientConfigRequest.ClientType.CONSUMER));
        ObjectNode answer = Lines.JSON.createObjectNode();
        for (ConfigValue value : values) for (String error : value.errorMessages()) answer.put(value.name(), error);
        return answer;
    }

    /** An operation that fails as told, then succeeds. */
    private static JsonNode execute(JsonNode request) throws Exception {
        RetryWithToleranceOperator<String> operator = new RetryWithToleranceOperator<>(
            request.get("timeout").asLong(), 1, ToleranceType.valueOf(request.get("tolerance").asText().toUpperCase()), Time.SYSTEM, METRICS);
        Iterator<JsonNode> failures = request.get("failures").elements();
        int[] tries = {0};
        ObjectNode answer = Lines.JSON.createObjectNode();
        try {
            String result = operator.execute(new ProcessingContext<>("r"), () -> {
                tries[0]++;
                if (!failures.hasNext()) return "done";
                if (failures.next().asText().equals("retriable")) throw new RetriableException("on purpose");
                throw new DataException("on purpose");
            }, Stage.valueOf(request.get("stage").asText()), String.class);
            answer.put("outcome", result == null ? "skipped" : result);
        } catch (Exception error) {
            answer.put("outcome", error.getMessage());
        }
        return answer.put("tries", tries[0]);
    }

    private static JsonNode log(JsonNode request) throws Exception {
        Map<String, String> props = new HashMap<>(Map.of("name", "c", "connector.class", "X", "topics", "t", "errors.log.enable", "true"));
        props.put("errors.log.include.messages", request.get("include").asText());
        LogReporter.Sink reporter = new LogReporter.Sink(ID, new SinkConnectorConfig(PLUGINS, props), METRICS);
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("t", 2, 5, request.get("timestamp").asLong(),
            TimestampType.forName(request.get("timestampType").asText()), 0, 0, null, new byte[] {1}, new RecordHeaders(), java.util.Optional.empty());
        ProcessingContext<ConsumerRecord<byte[], byte[]>> context = new ProcessingContext<>(record);
        context.currentContext(Stage.valueOf(request.get("stage").asText()), StringConverter.class);
        context.error(new DataException("bad"));
        Method message = LogReporter.class.getDeclaredMethod("message", ProcessingContext.class);
        message.setAccessible(true);
        return Lines.JSON.createObjectNode().put("message", (String) message.invoke(reporter, context));
    }
}
