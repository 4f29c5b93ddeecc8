import { ConnectError, type Plugin } from '#api'

/** The Java class that a plugin answers to, else its own name: what tools look for in statuses, logs and dead letters. */
export function javaName(plugin: Plugin, side?: string): string {
  const java = plugin.aliases?.find((name) => name.includes('.'))
  if (java === undefined) return plugin.name
  const isSided = 'sided' in plugin && plugin.sided === true
  return isSided ? `${java}$${side === 'key' ? 'Key' : 'Value'}` : java
}

const errors: Readonly<Record<string, string>> = {
  CONFIG: 'org.apache.kafka.common.config.ConfigException',
  DATA: 'org.apache.kafka.connect.errors.DataException',
  RETRIABLE: 'org.apache.kafka.connect.errors.RetriableException',
  SCHEMA_MISMATCH: 'org.apache.kafka.connect.errors.DataException',
}

/** The Java exception that stands for an error; the error's own name where none does. */
export function javaException(error: unknown): string {
  if (ConnectError.is(error)) return errors[error.code] ?? 'org.apache.kafka.connect.errors.ConnectException'
  return error instanceof Error ? error.name : typeof error
}

export const javaClasses = {
  sinkTask: 'org.apache.kafka.connect.sink.SinkTask',
  sourceTask: 'org.apache.kafka.connect.runtime.WorkerSourceTask',
} as const
