/** The release of Kafka Connect whose converters these follow. */
export const version = '4.3.1'

/** Of the converters that Kafka Connect does not ship. */
export const ownVersion = '0.1.0'
