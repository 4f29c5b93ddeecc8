import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.runtime.distributed.IncrementalCooperativeAssignor;
import org.apache.kafka.connect.runtime.distributed.WorkerCoordinator.ConnectorsAndTasks;
import org.apache.kafka.connect.storage.ClusterConfigState;
import org.apache.kafka.connect.util.ConnectorTaskId;

/** Kafka Connect's assignor, one for each leader that is asked for, on a clock that the requests set. Tasks are written {@code connector-0}. */
public final class Assignor {
    private static final class Clock implements Time {
        long now;

        @Override public long milliseconds() {
            return now;
        }

        @Override public long nanoseconds() {
            return now * 1_000_000;
        }

        @Override public void sleep(long ms) {
            now += ms;
        }

        @Override public void waitObject(Object it, Supplier<Boolean> condition, long deadline) {
            throw new UnsupportedOperationException();
        }
    }

    private static final Clock CLOCK = new Clock();
    private static final Map<String, IncrementalCooperativeAssignor> LEADERS = new HashMap<>();

    public static void main(String[] args) throws Exception {
        Method assign = IncrementalCooperativeAssignor.class.getDeclaredMethod(
            "performTaskAssignment", ClusterConfigState.class, int.class, int.class, Map.class);
        assign.setAccessible(true);
        Field delay = IncrementalCooperativeAssignor.class.getDeclaredField("delay");
        delay.setAccessible(true);
        Lines.serve(request -> {
            CLOCK.now = request.get("now").asLong();
            IncrementalCooperativeAssignor leader = LEADERS.computeIfAbsent(request.get("leader").asText(), name ->
                new IncrementalCooperativeAssignor(new LogContext(), CLOCK, request.get("maxDelayMs").asInt()));
            Map<String, ConnectorsAndTasks> members = new LinkedHashMap<>();
            request.get("members").properties().forEach(e -> members.put(e.getKey(), work(e.getValue())));
            Object decided;
            try {
                decided = assign.invoke(leader, configured(request.get("configured")),
                    request.get("lastGeneration").asInt(), request.get("generation").asInt(), members);
            } catch (InvocationTargetException error) {
                throw (Exception) error.getCause();
            }
            ObjectNode answer = Lines.JSON.createObjectNode();
            answer.put("delay", delay.getInt(leader));
            for (String what : new String[] {"newlyAssigned", "newlyRevoked", "allAssigned"}) {
                ObjectNode byMember = answer.putObject(what);
                for (String member : members.keySet()) {
                    ArrayNode names = byMember.putArray(member);
                    for (String kind : new String[] {"Connectors", "Tasks"}) {
                        Method method = decided.getClass().getDeclaredMethod(what + kind);
                        method.setAccessible(true);
                        Collection<?> of = (Collection<?>) ((Map<?, ?>) method.invoke(decided)).get(member);
                        if (of != null) of.forEach(each -> names.add(each.toString()));
                    }
                }
            }
            return answer;
        });
    }

    private static ConnectorsAndTasks work(JsonNode names) {
        Set<String> connectors = new LinkedHashSet<>();
        Set<ConnectorTaskId> tasks = new LinkedHashSet<>();
        names.get("connectors").forEach(name -> connectors.add(name.asText()));
        names.get("tasks").forEach(task -> tasks.add(
            new ConnectorTaskId(task.get("connector").asText(), task.get("task").asInt())));
        return new ConnectorsAndTasks.Builder().with(connectors, tasks).build();
    }

    private static ClusterConfigState configured(JsonNode counts) {
        Map<String, Integer> tasks = new HashMap<>();
        Map<String, Map<String, String>> configs = new HashMap<>();
        counts.properties().forEach(e -> {
            tasks.put(e.getKey(), e.getValue().asInt());
            configs.put(e.getKey(), Map.of("name", e.getKey()));
        });
        return new ClusterConfigState(1, null, tasks, configs, new HashMap<>(), new HashMap<>(), new HashMap<>(),
            new HashMap<>(), new HashMap<>(), Set.of(), Set.of());
    }
}
