/** Properties of Kafka’s Java consumer beside the shared ones. One a line: name, type, importance, default (`!`: required, `null`: none). */
export const consumer = `
bootstrap.servers list high !
group.id string high null
group.instance.id string medium null
session.timeout.ms int high 45000
heartbeat.interval.ms int high 3000
partition.assignment.strategy list medium org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor
enable.auto.commit boolean medium true
auto.commit.interval.ms int low 5000
client.id string low
client.rack string low
max.partition.fetch.bytes int high 1048576
receive.buffer.bytes int medium 65536
fetch.min.bytes int high 1
fetch.max.bytes int medium 52428800
fetch.max.wait.ms int low 500
enable.metrics.push boolean low true
auto.offset.reset string medium latest
check.crcs boolean low true
key.deserializer class high !
value.deserializer class high !
default.api.timeout.ms int medium 60000
connections.max.idle.ms long medium 540000
interceptor.classes list low
max.poll.records int medium 500
max.poll.interval.ms int medium 300000
exclude.internal.topics boolean medium true
internal.throw.on.fetch.stable.offset.unsupported boolean low false
isolation.level string medium read_uncommitted
allow.auto.create.topics boolean medium true
group.protocol string high classic
group.remote.assignor string medium null
share.acknowledgement.mode string medium implicit
share.acquire.mode string medium BATCH_OPTIMIZED
`
