import type { Props } from '#api'
import { atLeast, ConfigError, defineConfig, messageOf } from '#api'
import { javaRegex } from '../util/java-regex.ts'
import { withPrefix } from './connector-config.ts'
import { listOf } from './transform-chain.ts'

/** How topics of a source are made that do not exist; the group that says so, for the log. */
export interface NewTopic {
  readonly group: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export type TopicMatcher = (topic: string) => NewTopic

const prefix = 'topic.creation.'
const framework = new Set(['include', 'exclude', 'partitions', 'replication.factor'])
const absent = { type: 'list', importance: 'low', default: [], doc: 'Regular expressions of topics.' } as const

/**
 * Reads `topic.creation.*`: the first group that matches a topic in whole, in the order of `topic.creation.groups`, else `default`.
 * Undefined when the connector has no such property, or the worker does not let sources create topics. Throws `ConfigError` with all
 * that is wrong, at the start of connector and task: Kafka Connect's validation does not look at it either.
 */
export function topicMatcher(props: Props, enabled: boolean): TopicMatcher | undefined {
  if (!enabled || !Object.keys(props).some((key) => key.startsWith(prefix))) return undefined
  const listed = listOf(props[`${prefix}groups`])
  const names = [...new Set(listed)].filter((name) => name !== 'default')
  const byDefault = rulesOf('default', props)
  const groups = names.map((name) => ({ name, ...rulesOf(name, props) }))
  const twice = `Invalid value [${listed.join(', ')}] for configuration ${prefix}groups: Duplicate alias provided.`
  const errors = [
    ...(new Set(listed).size < listed.length ? [twice] : []),
    ...[byDefault, ...groups].flatMap((group) => group.errors),
  ]
  if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })

  const fallback = newTopic('default', byDefault, byDefault)
  const matchers = groups.map((group) => {
    const includes = wholeOf(group.include)
    const excludes = wholeOf(group.exclude)
    return {
      matches: (topic: string) => !excludes(topic) && includes(topic),
      made: newTopic(group.name, group, byDefault),
    }
  })
  return (topic) => matchers.find(({ matches }) => matches(topic))?.made ?? fallback
}

interface Rules {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly partitions: number | null
  readonly replicationFactor: number | null
  readonly configs: Readonly<Record<string, string>>
  readonly errors: readonly string[]
}

function rulesOf(group: string, props: Props): Rules {
  const own = withPrefix(props, `${prefix}${group}.`)
  const isDefault = group === 'default'
  const count = isDefault ? {} : { default: null }
  const patterns = isDefault ? absent : { ...absent, validator: areRegexes }
  const keys = defineConfig({
    [`${prefix}${group}.include`]: patterns,
    [`${prefix}${group}.exclude`]: patterns,
    [`${prefix}${group}.replication.factor`]: {
      ...count,
      type: 'short',
      importance: 'low',
      doc: 'The replication factor.',
      validator: counted(
        'Replication factor must be positive and not larger than the number of brokers in the Kafka cluster',
      ),
    },
    [`${prefix}${group}.partitions`]: {
      ...count,
      type: 'int',
      importance: 'low',
      doc: 'The number of partitions.',
      validator: counted('Number of partitions must be positive'),
    },
  })
  const [include, exclude, replicationFactor, partitions] = keys.validate(props)
  const configs = Object.entries(own).flatMap(([key, value]) =>
    framework.has(key) || typeof value !== 'string' ? [] : [[key, value] as const],
  )
  return {
    include: (include?.value ?? []) as readonly string[],
    exclude: (exclude?.value ?? []) as readonly string[],
    replicationFactor: (replicationFactor?.value ?? null) as number | null,
    partitions: (partitions?.value ?? null) as number | null,
    configs: Object.fromEntries(configs),
    errors: [include, exclude, replicationFactor, partitions].flatMap((value) => value?.errors ?? []),
  }
}

function newTopic(group: string, rules: Rules, byDefault: Rules): NewTopic {
  return {
    group,
    partitions: rules.partitions ?? byDefault.partitions ?? -1,
    replicationFactor: rules.replicationFactor ?? byDefault.replicationFactor ?? -1,
    configs: rules.configs,
  }
}

/** Kafka Connect joins the expressions by `|`; none at all match the empty name only. */
function wholeOf(patterns: readonly string[]): (topic: string) => boolean {
  const whole = javaRegex(patterns.join('|'), { whole: true })
  return (topic) => whole.test(topic)
}

const counted =
  (what: string) =>
  (value: number): string | undefined =>
    value !== -1 && atLeast(1)(value) !== undefined ? `${what}, or -1 to use the broker's default` : undefined

function areRegexes(values: readonly string[]): string | undefined {
  try {
    for (const value of values) javaRegex(value)
    return undefined
  } catch (error) {
    return `Syntax error in regular expression: ${messageOf(error)}`
  }
}
