/** The release of Kafka Connect whose transformations and predicates these follow. */
export const version = '4.3.1'

/** Of the transformations that are ours. */
export const ownVersion = '0.1.0'
