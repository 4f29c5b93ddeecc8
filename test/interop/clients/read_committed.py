"""Prints what a reader sees of topics, as one JSON object of lists of [partition, offset, value]: BOOTSTRAP_SERVERS ISOLATION_LEVEL TOPIC..."""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


def read(bootstrap_servers, isolation_level, topics):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            # Asked for, and never joined: partitions are taken by hand and nothing is committed.
            "group.id": "read-committed",
            "enable.auto.commit": False,
            "isolation.level": isolation_level,
            "enable.partition.eof": True,
        }
    )
    found = {topic: [] for topic in topics}
    known = consumer.list_topics(timeout=30).topics
    reading = {(topic, partition) for topic in topics for partition in known[topic].partitions}
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in reading])
    while reading:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit("nothing came in 30 s")
        if message.error() is None:
            found[message.topic()].append([message.partition(), message.offset(), message.value().decode()])
        elif message.error().code() == KafkaError._PARTITION_EOF:
            reading.discard((message.topic(), message.partition()))
        else:
            raise SystemExit(str(message.error()))
    consumer.close()
    return found


print(json.dumps(read(sys.argv[1], sys.argv[2], sys.argv[3:])))
