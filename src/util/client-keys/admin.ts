/** Properties of Kafka’s Java admin client beside the shared ones. One a line: name, type, importance, default (`!`: required, `null`: none). */
export const admin = `
bootstrap.servers list high
bootstrap.controllers list high
client.id string medium
receive.buffer.bytes int medium 65536
enable.metrics.push boolean low false
connections.max.idle.ms long medium 300000
retries int low 2147483647
default.api.timeout.ms int medium 60000
`
