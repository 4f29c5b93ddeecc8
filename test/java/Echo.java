import org.apache.kafka.common.utils.AppInfoParser;

/** The smallest program of this folder: shows that the class path and the lines work. */
public final class Echo {
    public static void main(String[] args) throws Exception {
        Lines.serve(request -> Lines.JSON.createObjectNode().put("kafka", AppInfoParser.getVersion()).set("request", request));
    }
}
