import { ConfigError, type Props, type SinkConnector, type SourceConnector } from '#api'
import {
  connectorPlugin,
  type Redact,
  redactResolved,
  refuseInvalid,
  type Validation,
  validateDeclaration,
  type WorkerDeps,
} from '../runtime/index.ts'

/** A declaration that may run. */
export interface Declaration {
  readonly plugin: SourceConnector | SinkConnector
  /** Placeholders replaced. */
  readonly props: Props
  readonly warnings: readonly string[]
}

/** Looks at declarations with their placeholders replaced, and says of them only what the user wrote. */
export interface Declarations {
  /** Never rejects for what is wrong with values; `ConfigError` when the plugin or a provider is. */
  validate(name: string, props: Props): Promise<Validation>
  /** Rejects with one `ConfigError` that has every complaint. */
  check(props: Props): Promise<Declaration>
}

export function createDeclarations(deps: WorkerDeps): Declarations {
  return {
    async validate(name, given) {
      const raw: Props = { ...given, 'connector.class': given['connector.class'] ?? name }
      const { plugin } = deps.plugins.find('connector', name)
      const config = await deps.resolver.resolve(raw)
      const redact = redactResolved(raw, config)
      const { keys, warnings } = validateDeclaration(plugin, config.props, deps.plugins)
      return {
        keys: keys.map((key) => ({
          ...key,
          value: config.resolved.has(key.name) && key.value !== '[hidden]' ? (raw[key.name] ?? null) : key.value,
          errors: key.errors.map(redact),
        })),
        warnings: warnings.map(redact),
      }
    },

    async check(raw) {
      const config = await deps.resolver.resolve(raw)
      const redact = redactResolved(raw, config)
      try {
        const plugin = connectorPlugin(config.props, deps.plugins)
        const validation = validateDeclaration(plugin, config.props, deps.plugins)
        refuseInvalid(validation)
        return { plugin, props: config.props, warnings: validation.warnings.map(redact) }
      } catch (error) {
        throw withoutSecrets(error, redact)
      }
    },
  }
}

/** Kafka Connect repeats wrong values; those of providers are not the user's to read. */
function withoutSecrets(error: unknown, redact: Redact): unknown {
  if (!(error instanceof ConfigError) || redact(error.message) === error.message) return error
  const { errors } = error.context as { readonly errors?: unknown }
  const texts = Array.isArray(errors) ? errors.map((each) => redact(String(each))) : []
  return new ConfigError(redact(error.message), { context: { errors: texts } })
}
