import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Writes every record of some topics, from the start to the end as it is now, to standard output.
 *
 * <p>Arguments: a file of consumer properties, then topics. A record is: topic (its place among the
 * arguments) and partition as int; offset and timestamp as long; key and value as bytes; the number
 * of headers as int, and per header its key and value as bytes. Bytes are their length as int, -1
 * for null, then themselves; all numbers are big endian.
 */
public final class TopicReader {
    private final List<String> topics;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 18));

    private TopicReader(Properties properties, List<String> topics) {
        this.topics = topics;
        this.consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    public static void main(String[] args) throws IOException {
        Properties properties = new Properties();
        properties.put("max.poll.records", "20000");
        properties.put("max.partition.fetch.bytes", "4194304");
        properties.put("enable.auto.commit", "false");
        properties.put("allow.auto.create.topics", "false");
        try (InputStream file = new FileInputStream(args[0])) {
            properties.load(file);
        }
        new TopicReader(properties, List.of(args).subList(1, args.length)).run();
    }

    private void run() throws IOException {
        List<TopicPartition> partitions = new ArrayList<>();
        Map<String, Integer> placeOf = new HashMap<>();
        for (String topic : topics) {
            placeOf.put(topic, placeOf.size());
            consumer.partitionsFor(topic).forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        // Under read_committed the end is the last stable offset.
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        Map<TopicPartition, Long> unread = new HashMap<>(ends);
        while (true) {
            unread.entrySet().removeIf(each -> consumer.position(each.getKey()) >= each.getValue());
            consumer.pause(ends.keySet());
            consumer.resume(unread.keySet());
            if (unread.isEmpty()) break;
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                long end = ends.get(new TopicPartition(record.topic(), record.partition()));
                if (record.offset() < end) write(placeOf.get(record.topic()), record);
            }
        }
        out.flush();
        consumer.close();
    }

    private void write(int topic, ConsumerRecord<byte[], byte[]> record) throws IOException {
        out.writeInt(topic);
        out.writeInt(record.partition());
        out.writeLong(record.offset());
        out.writeLong(record.timestamp());
        write(record.key());
        write(record.value());
        Header[] headers = record.headers().toArray();
        out.writeInt(headers.length);
        for (Header header : headers) {
            write(header.key().getBytes(StandardCharsets.UTF_8));
            write(header.value());
        }
    }

    private void write(byte[] bytes) throws IOException {
        out.writeInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) out.write(bytes);
    }
}
