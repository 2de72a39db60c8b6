import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats a log directory, unless it is formatted, and runs a broker on it: one JVM instead of two.
 *
 * <p>Arguments: the properties file, the cluster id, options of the format command.
 */
public final class LocalBroker {
    private LocalBroker() {}

    public static void main(String[] args) {
        Path properties = Paths.get(args[0]);
        List<String> format = new ArrayList<>();
        format.addAll(List.of("format", "--ignore-formatted"));
        format.addAll(List.of("-c", properties.toString(), "-t", args[1]));
        format.addAll(List.of(args).subList(2, args.length));
        int status = kafka.tools.StorageTool.execute(format.toArray(new String[0]), System.err);
        if (status != 0) System.exit(status);
        kafka.Kafka.main(new String[] {properties.toString()});
    }
}
