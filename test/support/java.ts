import { execFile, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/cli/package-info.ts'
import { cached } from './cache-folder.ts'

const run = promisify(execFile)
const folder = join(packageRoot, 'test/java')

/** Kafka Connect's own jars with what they need, as `test/java/pom.xml` names them: for `java -cp`. Fetched once by `mvn`. */
export async function javaConnectClasspath(): Promise<string> {
  const pom = join(folder, 'pom.xml')
  const home = await cached('java-connect', await readFile(pom), (dir) =>
    run('mvn', [
      '-B',
      '-q',
      '-f',
      pom,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${dir}`,
      '-DincludeScope=runtime',
    ]),
  )
  return join(home, '*')
}

/** The class path of the programs in `test/java`, compiled. */
export async function javaProgramsClasspath(): Promise<string> {
  const jars = await javaConnectClasspath()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.java')).toSorted()
  const sources = await Promise.all(names.map((name) => readFile(join(folder, name))))
  const classes = await cached('java-programs', Buffer.concat([Buffer.from(jars), ...sources]), (dir) =>
    run('javac', ['-nowarn', '-cp', jars, '-d', dir, ...names.map((name) => join(folder, name))]),
  )
  return `${classes}:${jars}`
}

export interface JavaProgram {
  /** One request, one answer; several may be under way and are answered in their order. */
  ask<T = Readonly<Record<string, unknown>>>(request: unknown): Promise<T>
  close(): Promise<void>
}

/** Starts a program of `test/java` that talks in lines of JSON (`Lines.java`). The caller closes it. */
export async function startJavaProgram(main: string, args: readonly string[] = []): Promise<JavaProgram> {
  const classpath = await javaProgramsClasspath()
  const child = spawn('java', [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Xmx256m',
    '-cp',
    classpath,
    main,
    ...args,
  ])
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = []
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => {
    complaints = (complaints + text.toString()).slice(-4000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      for (const each of waiting.splice(0)) each.reject(new Error(`${main} ended: ${complaints}`))
      resolve()
    })
  })
  return {
    ask: <T>(request: unknown) =>
      new Promise<T>((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error(`${main} ended: ${complaints}`))
        waiting.push({ resolve: (answer) => resolve(answer as T), reject })
        child.stdin.write(`${JSON.stringify(request)}\n`)
      }),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
