import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError, type Logger, messageOf } from '#api'
import { readJaas } from './jaas.ts'
import { parseProperties } from './properties.ts'

/** Where the users of REST stand: a properties file of `user=password`, or a JAAS file that names one. */
export type UsersSource = { readonly file: string } | { readonly jaasFile: string }

/** The users at this moment; never rejects. */
export type Users = () => Promise<ReadonlyMap<string, string>>

/**
 * Reads the users of basic authentication, and again whenever their file has changed. Throws `ConfigError` when there are none at the start;
 * a file that becomes unusable later lets nobody in, and is logged once.
 */
export async function openUsers(source: UsersSource, log: Logger): Promise<Users> {
  const file = resolve('file' in source ? source.file : await fileOfJaas(source.jaasFile))
  let version = await versionOf(file)
  let users: Promise<ReadonlyMap<string, string>> = Promise.resolve(await readUsers(file))
  return async () => {
    const current = await versionOf(file)
    if (current !== version) {
      version = current
      users = readUsers(file).then(
        (read) => {
          log.info({ file, users: read.size }, 'users of the REST API read again')
          return read
        },
        (error: unknown) => {
          log.error({ file, err: error }, 'users of the REST API cannot be read, so nobody is let in')
          return new Map()
        },
      )
    }
    return users
  }
}

async function readUsers(file: string): Promise<ReadonlyMap<string, string>> {
  const users = new Map(Object.entries(parseProperties(await readText(file))))
  if (users.size > 0) return users
  throw new ConfigError(`The file ${file} names no user: write lines such as user=password.`, { context: { file } })
}

const context = 'KafkaConnect'
const loginModule = 'org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule'

async function fileOfJaas(jaasFile: string): Promise<string> {
  const [module, ...more] = readJaas(await readText(jaasFile), context, jaasFile)
  const file = module?.options['file']
  if (module?.name === loginModule && more.length === 0 && file) return file
  throw new ConfigError(
    `The context ${context} in ${jaasFile} has to be one module: ${loginModule} required file="…"; other modules are Java's.`,
    { context: { file: jaasFile } },
  )
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`The file ${file} cannot be read: ${messageOf(cause)}`, { cause, context: { file } })
  }
}

/** Differs when the file was written or replaced. */
async function versionOf(file: string): Promise<string> {
  const { ino, mtimeNs, size } = await stat(file, { bigint: true }).catch(() => ({ ino: 0n, mtimeNs: 0n, size: 0n }))
  return `${ino}-${mtimeNs}-${size}`
}
