import { ConfigError, type DeclaredAt, type Props, type SinkConnector, type SourceConnector } from '#api'
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
  /** Hides what providers gave. */
  readonly redact: Redact
}

/** Looks at declarations with their placeholders replaced, and says of them only what the user wrote. */
export interface Declarations {
  /** Never rejects for what is wrong with values; `ConfigError` when the plugin or a provider is. */
  validate(name: string, props: Props): Promise<Validation>
  /** Rejects with one `ConfigError` that has every complaint. */
  check(props: Props): Promise<Declaration>
}

export function createDeclarations(
  deps: Omit<WorkerDeps, 'gateway'> & { readonly gateway?: DeclaredAt | undefined },
): Declarations {
  const { plugins, workerProps, exactlyOnce, gateway } = deps

  async function look(raw: Props, find: (props: Props) => SourceConnector | SinkConnector) {
    const { props, resolved, given } = await deps.resolver.resolve(raw)
    const redact = redactResolved({ props, resolved, given })
    try {
      const plugin = find(props)
      const { keys, warnings } = validateDeclaration(plugin, props, plugins, {
        workerProps,
        raw,
        resolved,
        given,
        exactlyOnce,
        gateway,
      })
      return { plugin, props, redact, validation: { keys, warnings: warnings.map(redact) } }
    } catch (error) {
      throw withoutSecrets(error, redact)
    }
  }

  return {
    async validate(name, given) {
      const raw = { ...given, 'connector.class': given['connector.class'] ?? name }
      return (await look(raw, () => plugins.find('connector', name).plugin)).validation
    },
    async check(raw) {
      const { plugin, props, redact, validation } = await look(raw, (found) => connectorPlugin(found, plugins))
      refuseInvalid(validation)
      return { plugin, props, redact, warnings: validation.warnings }
    },
  }
}

/** The name of a plugin that nothing answers to may be a provider's. */
function withoutSecrets(error: unknown, redact: Redact): unknown {
  if (!(error instanceof ConfigError) || redact(error.message) === error.message) return error
  const { errors } = error.context as { readonly errors?: unknown }
  const texts = Array.isArray(errors) ? errors.map((each) => redact(String(each))) : []
  return new ConfigError(redact(error.message), { context: { errors: texts } })
}
