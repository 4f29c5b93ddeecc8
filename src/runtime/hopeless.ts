import { ConnectError } from '#api'

const codes: ReadonlySet<string> = new Set(['CONFIG', 'KAFKA_REFUSED'])

/** Whether what Kafka was asked at a start fails for good: a wrong configuration, or refused credentials. Anything else is waited out. */
export const isHopeless = (error: unknown): boolean => ConnectError.is(error) && codes.has(error.code)
