interface Listed {
  readonly class: string
  readonly type: string
  readonly version: string
}

/** The plugins that Kafka Connect ships; what else a worker has is its own affair. */
export const ofKafka = (body: unknown) => (body as readonly Listed[]).filter((each) => each.class.startsWith(kafka))

const kafka = 'org.apache.kafka.'

/** Keys that only this worker knows stand behind Kafka Connect's; one step compares that they are there. */
const own = /^(errors\.restart\.|line\.max\.bytes$)/

interface Info {
  readonly name: string
  readonly order_in_group: number
  readonly group: string | null
}

export const infos = (body: unknown) =>
  byName(
    (body as readonly Info[]).filter(({ name }) => !own.test(name)),
    ({ name }) => name,
  )

/** By name, so that one that is missing is one difference; their order apart. */
const byName = <T>(list: readonly T[], nameOf: (item: T) => string) => ({
  order: list.map(nameOf).join(' '),
  ...Object.fromEntries(list.map((item) => [nameOf(item), item])),
})

interface Value {
  readonly name: string
  readonly value: string | null
  readonly recommended_values: readonly string[]
  readonly errors: readonly string[]
}

interface Validated {
  readonly name: string
  readonly error_count: number
  readonly groups: readonly string[]
  readonly configs: readonly { readonly definition: Info | null; readonly value: Value }[]
}

/** What tools draw their forms from; error texts are counted, and compared where a case says so. Of classes to choose, Kafka's. */
export const validated =
  (withTexts: boolean) =>
  (body: unknown): unknown => {
    if (!isValidated(body)) return body
    const { configs, groups, ...rest } = body
    const kept = configs.filter(({ value }) => !own.test(value.name))
    const told = kept.map(({ definition, value }) => ({
      definition,
      value: {
        ...value,
        recommended_values: kafkaOnly(value.recommended_values),
        ...(!withTexts && { errors: value.errors.length }),
      },
    }))
    return {
      ...rest,
      groups: groups.filter((group) => group !== 'Restart'),
      configs: byName(told, ({ value }) => value.name),
    }
  }

/** What a worker has beyond Kafka Connect's: plugins to choose, and keys. */
export function beyondKafka(body: unknown): unknown {
  if (!isValidated(body)) return body
  return {
    groups: body.groups,
    keys: body.configs.map(({ value }) => value.name),
    choices: body.configs.flatMap(({ value }) =>
      value.recommended_values.some((each) => each.startsWith(kafka)) ? value.recommended_values : [],
    ),
  }
}

/** What is wrong, by key, and how much of it. */
export function errorsOf(body: unknown): unknown {
  if (!isValidated(body)) return body
  const wrong = body.configs.filter(({ value }) => value.errors.length > 0)
  return { count: body.error_count, ...Object.fromEntries(wrong.map(({ value }) => [value.name, value.errors])) }
}

/** The values as they are shown. */
export const valuesOf = (body: unknown): unknown =>
  isValidated(body) ? Object.fromEntries(body.configs.map(({ value }) => [value.name, value.value])) : body

const isValidated = (body: unknown): body is Validated => typeof body === 'object' && body !== null && 'configs' in body

const kafkaOnly = (values: readonly string[]): readonly string[] =>
  values.some((each) => each.startsWith(kafka)) ? values.filter((each) => each.startsWith(kafka)) : values
