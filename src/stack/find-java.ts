import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What looking for Java gave: the command to run, or what was found instead. */
export type JavaSearch =
  | { readonly command: string; readonly version: number }
  | { readonly command?: never; readonly found: string }

const needed = 17

/** Looks for Java 17 or newer below `javaHome`, if one is given, and on the PATH. */
export async function findJava(javaHome?: string): Promise<JavaSearch> {
  const found: string[] = []
  for (const command of [...(javaHome ? [join(javaHome, 'bin', 'java')] : []), 'java']) {
    const version = await versionOf(command)
    if (version !== undefined && version >= needed) return { command, version }
    found.push(version === undefined ? `no \`${command}\`` : `Java ${version} as \`${command}\``)
  }
  return { found: found.join(' and ') }
}

async function versionOf(command: string): Promise<number | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, ['-version'])
    return parseJavaVersion(`${stderr}\n${stdout}`)
  } catch {
    // Not there, or there and broken: either way it cannot be used.
    return undefined
  }
}

/** The feature release out of what `java -version` prints: 17 for `17.0.15`, 8 for `1.8.0_402`. */
export function parseJavaVersion(text: string): number | undefined {
  const [, major, minor] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? []
  const version = Number(major === '1' ? minor : major)
  return Number.isInteger(version) ? version : undefined
}
