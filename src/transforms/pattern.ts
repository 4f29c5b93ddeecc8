import { messageOf } from '#api'
import { javaRegex } from '../util/java-regex.ts'

/** The validator of an option that is a regular expression in Java's syntax. */
export function isJavaRegex(value: string): string | undefined {
  try {
    javaRegex(value)
    return undefined
  } catch (error) {
    return `Invalid regex: ${messageOf(error)}`
  }
}
