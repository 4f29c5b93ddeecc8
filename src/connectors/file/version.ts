/** The release of Kafka Connect whose connectors these follow. */
export const version = '4.3.1'
