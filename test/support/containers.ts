import { freePort, stackLock } from '../../src/stack/index.ts'

/** The same two servers by testcontainers, which also removes them when the test run is killed. */
export async function startContainers(): Promise<{
  bootstrapServers: string
  registryUrl: string
  stop(): Promise<void>
}> {
  const { GenericContainer, Wait } = await import('testcontainers')
  // Kafka has to be told beforehand at which port of the host it will be found.
  const port = await freePort()
  const kafka = new GenericContainer(`apache/kafka:${stackLock.kafka.version}`)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: '1',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
  const registry = new GenericContainer(`apicurio/apicurio-registry:${stackLock.registry.version}`)
    .withExposedPorts(8080)
    .withEnvironment({ APICURIO_STORAGE_KIND: 'sql', APICURIO_STORAGE_SQL_KIND: 'h2' })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withStartupTimeout(120_000)
  const started = await Promise.all([kafka.start(), registry.start()])
  const address = `${started[1].getHost()}:${started[1].getMappedPort(8080)}`
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    registryUrl: `http://${address}/apis/ccompat/v7`,
    stop: async () => void (await Promise.all(started.map((container) => container.stop()))),
  }
}
