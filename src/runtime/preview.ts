import type { Props, SinkConnector, SourceConnector } from '#api'
import { ConfigError } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import { createClosers } from '../util/closers.ts'
import { javaRegex } from '../util/java-regex.ts'
import { sinkConfig } from './connector-config.ts'
import { openConverters } from './converters.ts'
import { createPreviewer, type MessagesOf } from './preview-stages.ts'
import type { Preview } from './preview-types.ts'
import type { Redact } from './redact.ts'
import { redactFor } from './secret-values.ts'
import type { WorkerDeps } from './task-run.ts'
import { buildTransformChain } from './transform-chain.ts'

export type { Preview, PreviewedRecord, PreviewStage } from './preview-types.ts'

export interface PreviewOptions {
  readonly deps: WorkerDeps
  /** The most records, 1 to 1000. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Hides what providers gave, which may have got into a record. */
  readonly redact: Redact
}

const mostRecords = 1000

/**
 * Takes the newest records of a sink's topics through converters, each transformation, routing and serialisation, with the code that a
 * task runs. Nothing is sent, committed, registered or written; no group is joined. A record that fails shows so at its stage, and the
 * next one goes on. Throws `ConfigError` for a declaration that cannot run.
 */
export async function previewDeclaration(
  connector: SourceConnector | SinkConnector,
  props: Props,
  { deps, limit, signal, redact }: PreviewOptions,
): Promise<Preview> {
  if (connector.kind === 'source') {
    throw new ConfigError(
      `A preview shows what a sink makes of records that topics hold; ${connector.name} is a source, whose records come from outside. To see what it writes, start it with a topic of its own and preview a sink of that topic.`,
    )
  }
  const { topics, 'topics.regex': regex } = sinkConfig.parse(props)
  const config = connector.config.parse(props)
  const { plugins, workerProps, log } = deps
  const closers = createClosers(log)
  try {
    const converters = openConverters({ props, workerProps, plugins, log, signal }, closers)
    const chain = buildTransformChain(props, plugins)
    const chosen = regex === '' ? topics : [javaRegex(regex, { whole: true })]
    const raws = await deps.kafka.newest(chosen, Math.min(Math.max(1, Math.trunc(limit)), mostRecords), signal)
    const messagesOf: MessagesOf | undefined =
      connector.preview && ((records) => connector.preview?.(config, records) ?? [])
    const stagesOf = createPreviewer({ ...converters, chain, messagesOf })
    const records: Preview['records'][number][] = []
    for (const raw of raws) {
      if (signal.aborted) break
      const { topic, partition, offset } = raw
      const stages = await stagesOf(raw)
      records.push({ origin: { topic, partition, offset: String(offset) }, stages })
    }
    const hide = redactFor(connector, { props, resolved: new Set(), onChange() {} }, deps)
    const warnings = warningsOf(raws, connector, regex === '' ? topics : [regex])
    return withoutSecrets({ records, warnings }, (text) => redact(hide(text)))
  } finally {
    await closers.closeAll()
  }
}

const withoutSecrets = (preview: Preview, redact: Redact): Preview =>
  JSON.parse(JSON.stringify(preview), (_, value: unknown) =>
    typeof value === 'string' ? redact(value) : value,
  ) as Preview

function warningsOf(
  raws: readonly KafkaRecord[],
  connector: SinkConnector,
  topics: readonly string[],
): readonly string[] {
  const warnings: string[] = []
  if (raws.length === 0) warnings.push(`There are no records to preview in ${topics.join(', ')}.`)
  if (!connector.preview)
    warnings.push(`${connector.name} cannot show what it would send: the preview ends after the transformations.`)
  return warnings
}
