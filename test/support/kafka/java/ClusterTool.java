import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Asks or changes one thing of a cluster through Kafka's own admin client.
 *
 * <p>Arguments: a file of client properties, a command, its arguments. Answers are lines of fields
 * between tabs.
 */
public final class ClusterTool {
    private final Admin admin;
    private final List<String> args;

    private ClusterTool(Admin admin, List<String> args) {
        this.admin = admin;
        this.args = args;
    }

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        try (InputStream file = new FileInputStream(args[0])) {
            properties.load(file);
        }
        try (Admin admin = Admin.create(properties)) {
            new ClusterTool(admin, List.of(args).subList(2, args.length)).run(args[1]);
        }
    }

    private void run(String command) throws Exception {
        switch (command) {
            case "brokers" -> brokers();
            case "create-topic" -> createTopic();
            case "add-partitions" -> addPartitions();
            case "alter-topic" -> alterTopic();
            case "leaders" -> leaders();
            case "group-offsets" -> groupOffsets();
            case "group-coordinator" -> groupCoordinator();
            case "transaction-coordinator" -> transactionCoordinator();
            case "controller" -> controller();
            case "allow" -> allow();
            default -> throw new IllegalArgumentException(command);
        }
    }

    private static void print(Object... fields) {
        List<String> texts = new ArrayList<>();
        for (Object field : fields) texts.add(String.valueOf(field));
        System.out.println(String.join("\t", texts));
    }

    /** The ids of the brokers that the cluster counts as alive. */
    private void brokers() throws Exception {
        admin.describeCluster().nodes().get().forEach(node -> print(node.id()));
    }

    /** Name, partitions, replicas, settings as key=value. */
    private void createTopic() throws Exception {
        NewTopic topic =
                new NewTopic(args.get(0), Integer.parseInt(args.get(1)), Short.parseShort(args.get(2)));
        admin.createTopics(List.of(topic.configs(settings(args.subList(3, args.size()))))).all().get();
    }

    /** Name, partitions it shall have. */
    private void addPartitions() throws Exception {
        NewPartitions count = NewPartitions.increaseTo(Integer.parseInt(args.get(1)));
        admin.createPartitions(Map.of(args.get(0), count)).all().get();
    }

    /** Name, settings as key=value; other settings stay. */
    private void alterTopic() throws Exception {
        Collection<AlterConfigOp> changes = new ArrayList<>();
        settings(args.subList(1, args.size())).forEach((key, value) ->
                changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, args.get(0));
        admin.incrementalAlterConfigs(Map.of(topic, changes)).all().get();
    }

    private static Map<String, String> settings(List<String> assignments) {
        Map<String, String> settings = new HashMap<>();
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            settings.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        return settings;
    }

    /** Per partition of the topic: its leader, or -1, and the replicas in sync. */
    private void leaders() throws Exception {
        for (TopicPartitionInfo each :
                admin.describeTopics(args).allTopicNames().get().get(args.get(0)).partitions()) {
            int leader = each.leader() == null ? -1 : each.leader().id();
            print(each.partition(), leader, each.isr().size());
        }
    }

    /** Topic, partition, offset, metadata in base 64. */
    private void groupOffsets() throws Exception {
        admin.listConsumerGroupOffsets(args.get(0)).partitionsToOffsetAndMetadata().get().forEach((at, committed) -> {
            byte[] metadata = committed.metadata().getBytes(StandardCharsets.UTF_8);
            print(at.topic(), at.partition(), committed.offset(), Base64.getEncoder().encodeToString(metadata));
        });
    }

    private void groupCoordinator() throws Exception {
        // The product's group has a protocol type of its own, which is no consumer group to Kafka.
        print(admin.describeClassicGroups(args).all().get().get(args.get(0)).coordinator().id());
    }

    private void transactionCoordinator() throws Exception {
        print(admin.describeTransactions(args).all().get().get(args.get(0)).coordinatorId());
    }

    /** The node that leads the metadata quorum. */
    private void controller() throws Exception {
        print(admin.describeMetadataQuorum().quorumInfo().get().leaderId());
    }

    /** A principal, then rules as resource type:name:operation; a name that ends in * is a prefix. */
    private void allow() throws Exception {
        List<AclBinding> bindings = new ArrayList<>();
        for (String rule : args.subList(1, args.size())) {
            String[] parts = rule.split(":");
            Optional<String> prefix =
                    parts[1].endsWith("*") && parts[1].length() > 1
                            ? Optional.of(parts[1].substring(0, parts[1].length() - 1))
                            : Optional.empty();
            ResourcePattern resource =
                    new ResourcePattern(
                            ResourceType.fromString(parts[0]),
                            prefix.orElse(parts[1]),
                            prefix.isPresent() ? PatternType.PREFIXED : PatternType.LITERAL);
            AclOperation operation = AclOperation.fromString(parts[2]);
            bindings.add(
                    new AclBinding(
                            resource,
                            new AccessControlEntry(args.get(0), "*", operation, AclPermissionType.ALLOW)));
        }
        admin.createAcls(bindings).all().get();
    }
}
