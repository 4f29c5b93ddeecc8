import { join } from 'node:path'
import type { StackSettings } from './stack.ts'

/** What the environment says about the stack; `home` is the user's folder. `src/cli`, tests and scripts pass theirs. */
export function stackEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Pick<StackSettings, 'cacheDir' | 'mavenRepository' | 'javaHome'> {
  return {
    cacheDir: env['TIDEGATE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'tidegate'),
    mavenRepository: env['TIDEGATE_MAVEN_REPOSITORY'] || undefined,
    javaHome: env['JAVA_HOME'] || undefined,
  }
}
