import type { UsersSource } from './rest-users.ts'

const basicAuth = 'BasicAuthSecurityRestExtension'
/** By both names that Kafka Connect knows it by. */
const names: readonly string[] = [basicAuth, `org.apache.kafka.connect.rest.basic.auth.extension.${basicAuth}`]

/**
 * Who may use REST; undefined: everybody. An extension that is not here is refused, since most of them keep somebody out. Complaints go to
 * `errors`.
 */
export function readUsersSource(
  extensions: readonly string[],
  { file, jaasFile }: { readonly file: string; readonly jaasFile: string },
  errors: string[],
): UsersSource | undefined {
  for (const extension of extensions.filter((each) => !names.includes(each)))
    errors.push(
      `Invalid value ${extension} for configuration rest.extension.classes: it is a Java class, and ${basicAuth} is the only one that is here; without it REST might be open to more people than it should. Remove it and protect REST in another way.`,
    )
  const source = file === '' ? (jaasFile === '' ? undefined : { jaasFile }) : { file }
  if (extensions.some((each) => names.includes(each)) && !source)
    errors.push(
      'rest.extension.classes asks for users and passwords, but no file has them: set rest.basic.auth.file to a file of lines user=password, or rest.jaas.file to the file that Java is given by java.security.auth.login.config.',
    )
  return source
}
