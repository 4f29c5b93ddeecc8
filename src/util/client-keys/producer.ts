/** Properties of Kafka’s Java producer beside the shared ones. One a line: name, type, importance, default (`!`: required, `null`: none). */
export const producer = `
bootstrap.servers list high !
buffer.memory long high 33554432
retries int high 2147483647
acks string low all
compression.type string high none
compression.gzip.level int medium -1
compression.lz4.level int medium 9
compression.zstd.level int medium 3
batch.size int medium 16384
partitioner.adaptive.partitioning.enable boolean low true
partitioner.availability.timeout.ms long low 0
partitioner.ignore.keys boolean medium false
linger.ms long medium 5
delivery.timeout.ms int medium 120000
client.id string medium
receive.buffer.bytes int medium 32768
max.request.size int medium 1048576
enable.metrics.push boolean low true
max.block.ms long medium 60000
metadata.max.idle.ms long low 300000
max.in.flight.requests.per.connection int low 5
key.serializer class high !
value.serializer class high !
connections.max.idle.ms long medium 540000
partitioner.class class medium null
interceptor.classes list low
enable.idempotence boolean low true
transaction.timeout.ms int low 60000
transactional.id string low null
transaction.two.phase.commit.enable boolean low false
`
