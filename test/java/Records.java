import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes values with a codec to partition 0 of a topic, or reads that many from it. */
public final class Records {
    public static void main(String[] args) throws Exception {
        Lines.serve(request -> request.has("write") ? write(request) : read(request));
    }

    private static JsonNode write(JsonNode request) throws Exception {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", request.get("servers").asText(),
            "compression.type", request.get("codec").asText(),
            "linger.ms", 200,
            "batch.size", 500_000);
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (JsonNode value : request.get("write"))
                sent.add(producer.send(new ProducerRecord<>(request.get("topic").asText(), 0, null, value.asText())));
            producer.flush();
            for (Future<?> each : sent) each.get();
        }
        return Lines.JSON.createObjectNode();
    }

    private static JsonNode read(JsonNode request) {
        ArrayNode values = Lines.JSON.createArrayNode();
        Map<String, Object> config = Map.of("bootstrap.servers", request.get("servers").asText());
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            var partition = List.of(new TopicPartition(request.get("topic").asText(), 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (values.size() < request.get("read").asInt() && System.nanoTime() < end)
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) values.add(record.value());
        }
        return Lines.JSON.createObjectNode().set("values", values);
    }
}
