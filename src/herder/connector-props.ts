import { BadRequestError, type Props } from '#api'
import { type Redact, type RestartConfig, restartConfig } from '../runtime/index.ts'

type RawConfig = Readonly<Record<string, string>>

export const sameProps = (a: Props, b: Props): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key])

export const withoutNulls = (props: Props): RawConfig =>
  Object.fromEntries(
    Object.entries(props).flatMap(([key, value]) => (value === null || value === undefined ? [] : [[key, value]])),
  )

/** A configuration with what a request changes of it. Throws `BadRequestError` when it names another connector. */
export function patched(name: string, former: RawConfig, patch: Props): RawConfig {
  const given = patch['name']
  if (given !== undefined && given !== null && given !== name) {
    throw new BadRequestError(
      `Connector name configuration (${given}) doesn't match connector name in the URL (${name})`,
    )
  }
  return withoutNulls({ ...former, ...patch })
}

/** A task's configuration as REST shows it: what a connector made of a provider's values is not readable there. */
export function shownConfig(config: RawConfig, raw: RawConfig, redact: Redact | undefined): RawConfig {
  if (!redact) return config
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, raw[key] === value ? value : redact(value)]),
  )
}

/** How a connector restarts whose declaration as a whole cannot be read. */
export function lenientRestart(raw: RawConfig): RestartConfig {
  const isValid = restartConfig.validate(raw).every(({ errors }) => errors.length === 0)
  return restartConfig.parse(isValid ? raw : {})
}
