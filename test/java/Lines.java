import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Answers one JSON object a line on standard output for each one a line on standard input, in their order. */
final class Lines {
    static final ObjectMapper JSON = new ObjectMapper();

    interface Handler {
        /** A throw becomes {@code {"error": message, "exception": class name}}. */
        JsonNode answer(JsonNode request) throws Exception;
    }

    static void serve(Handler handler) throws Exception {
        PrintStream out = System.out;
        // Whatever a library prints must not get between the answers.
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode answer;
            try {
                answer = handler.answer(JSON.readTree(line));
            } catch (Throwable error) {
                ObjectNode told = JSON.createObjectNode();
                told.put("error", String.valueOf(error.getMessage()));
                told.put("exception", error.getClass().getName());
                answer = told;
            }
            out.write((JSON.writeValueAsString(answer) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }
}
