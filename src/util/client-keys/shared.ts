/** Properties that all of Kafka’s Java clients have. One a line: name, type, importance, default (`!`: required, `null`: none). */
export const shared = `
client.dns.lookup string medium use_all_dns_ips
send.buffer.bytes int medium 131072
reconnect.backoff.ms long low 50
reconnect.backoff.max.ms long low 1000
retry.backoff.ms long low 100
retry.backoff.max.ms long low 1000
request.timeout.ms int medium 30000
metadata.max.age.ms long low 300000
metrics.sample.window.ms long low 30000
metrics.num.samples int low 2
metrics.recording.level string low INFO
metric.reporters list low org.apache.kafka.common.metrics.JmxReporter
socket.connection.setup.timeout.ms long medium 10000
socket.connection.setup.timeout.max.ms long medium 30000
metadata.recovery.strategy string low rebootstrap
metadata.recovery.rebootstrap.trigger.ms long low 300000
config.providers list low
`
