import type { SinkRecord } from '#api'

/** Names a record, or the part of a split one, for good: it is the same whenever the record is sent again. */
export const coordinatesOf = ({ origin, path }: SinkRecord): string =>
  // Joined by `-` a part of a record of the topic t could have the name of a record of t-1.
  [`${origin.topic}-${origin.partition}-${origin.offset}`, ...path].join('~')
