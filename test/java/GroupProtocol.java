import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.connect.runtime.distributed.ExtendedAssignment;
import org.apache.kafka.connect.runtime.distributed.ExtendedWorkerState;
import org.apache.kafka.connect.runtime.distributed.IncrementalCooperativeConnectProtocol;
import org.apache.kafka.connect.util.ConnectorTaskId;

/**
 * What Kafka Connect's workers say in their group, from JSON to bytes and back: {@code {"write": "assignment" | "state", "value": …}} answers
 * {@code {"bytes": base64}}, {@code {"read": …, "bytes": base64}} answers {@code {"value": …}}.
 */
public final class GroupProtocol {
    public static void main(String[] args) throws Exception {
        Lines.serve(request -> {
            ObjectNode answer = Lines.JSON.createObjectNode();
            if (request.has("write")) {
                JsonNode value = request.get("value");
                ByteBuffer bytes = request.get("write").asText().equals("state")
                    ? IncrementalCooperativeConnectProtocol.serializeMetadata(toState(value), true)
                    : IncrementalCooperativeConnectProtocol.serializeAssignment(toAssignment(value), true);
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                return answer.put("bytes", Base64.getEncoder().encodeToString(copy));
            }
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(request.get("bytes").asText()));
            return answer.set("value", request.get("read").asText().equals("state")
                ? fromState(IncrementalCooperativeConnectProtocol.deserializeMetadata(bytes))
                : fromAssignment(IncrementalCooperativeConnectProtocol.deserializeAssignment(bytes)));
        });
    }

    private static ExtendedWorkerState toState(JsonNode value) {
        JsonNode assignment = value.get("assignment");
        return new ExtendedWorkerState(value.get("url").asText(), value.get("offset").asLong(),
            assignment == null || assignment.isNull() ? null : toAssignment(assignment));
    }

    private static JsonNode fromState(ExtendedWorkerState state) {
        ObjectNode value = Lines.JSON.createObjectNode().put("url", state.url()).put("offset", String.valueOf(state.offset()));
        if (state.assignment() != ExtendedAssignment.empty()) value.set("assignment", fromAssignment(state.assignment()));
        return value;
    }

    private static ExtendedAssignment toAssignment(JsonNode value) {
        return new ExtendedAssignment((short) 2, (short) value.get("error").asInt(), value.get("leader").asText(),
            value.get("leaderUrl").asText(), value.get("offset").asLong(), connectors(value.get("assigned")),
            tasks(value.get("assigned")), connectors(value.get("revoked")), tasks(value.get("revoked")), value.get("delay").asInt());
    }

    private static List<String> connectors(JsonNode work) {
        List<String> names = new ArrayList<>();
        for (JsonNode each : work.get("connectors")) names.add(each.asText());
        return names;
    }

    private static List<ConnectorTaskId> tasks(JsonNode work) {
        List<ConnectorTaskId> ids = new ArrayList<>();
        for (JsonNode each : work.get("tasks")) ids.add(new ConnectorTaskId(each.get("connector").asText(), each.get("task").asInt()));
        return ids;
    }

    private static JsonNode fromAssignment(ExtendedAssignment assignment) {
        ObjectNode value = Lines.JSON.createObjectNode()
            .put("error", assignment.error()).put("leader", assignment.leader()).put("leaderUrl", assignment.leaderUrl())
            .put("offset", String.valueOf(assignment.offset()));
        value.set("assigned", work(assignment.connectors(), assignment.tasks()));
        value.set("revoked", work(assignment.revokedConnectors(), assignment.revokedTasks()));
        return value.put("delay", assignment.delay());
    }

    private static JsonNode work(Collection<String> connectors, Collection<ConnectorTaskId> tasks) {
        ObjectNode value = Lines.JSON.createObjectNode();
        ArrayNode names = value.putArray("connectors");
        connectors.forEach(names::add);
        ArrayNode ids = value.putArray("tasks");
        tasks.forEach(id -> ids.addObject().put("connector", id.connector()).put("task", id.task()));
        return value;
    }
}
