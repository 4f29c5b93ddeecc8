import { ConfigError, defineConfig, defineTransformation, messageOf } from '#api'
import { javaRewrite, type Rewrite } from '../util/java-regex.ts'
import { isJavaRegex } from './pattern.ts'
import { version } from './version.ts'

/** Kafka Connect's `RegexRouter`. Where the record came from stays what it was (KIP-793). */
export const regexRouter = defineTransformation({
  name: 'RegexRouter',
  aliases: ['org.apache.kafka.connect.transforms.RegexRouter'],
  version,
  doc: 'Changes the topic of a record when the whole topic matches `regex`. `$1` in `replacement` is the first group, `\\$` a dollar.',
  config: defineConfig({
    regex: { type: 'string', importance: 'high', validator: isJavaRegex, doc: 'What the whole topic has to match.' },
    replacement: { type: 'string', importance: 'high', doc: 'What replaces it.' },
  }),
  create({ regex, replacement }) {
    const rewrite = compile(regex, replacement)
    return (record) => {
      const topic = rewrite(record.topic)
      return topic === undefined ? record : { ...record, topic }
    }
  },
})

function compile(regex: string, replacement: string): Rewrite {
  try {
    return javaRewrite(regex, replacement)
  } catch (error) {
    throw new ConfigError(`Invalid value ${replacement} for configuration replacement: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
