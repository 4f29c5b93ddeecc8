// Makes a checkout ready to run, from nothing, and does nothing when it is: `npm start` and `npm test` run it first.
// Plain JavaScript without dependencies, because it is what installs them. `--fetch` brings Kafka and the registry too.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...parts) => join(root, ...parts)
const say = (line) => process.stderr.write(`${line}\n`)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Tidegate needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
}
install()
build()
if (process.argv.includes('--fetch')) await fetchStack()

/** Installs what package-lock.json pins, unless that is what lies in node_modules. */
function install() {
  const lockFile = at('package-lock.json')
  const stamp = at('node_modules', '.tidegate-installed')
  const digest = digestOf(readFileSync(lockFile))
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  // npm's own note of what it installed: whoever ran `npm install` by hand need not wait for another.
  const installed = at('node_modules', '.package-lock.json')
  if (!existsSync(installed) || mtimeOf(installed) < mtimeOf(lockFile)) {
    say('Installing the packages that package-lock.json names …')
    const npm = process.env.npm_execpath
    // Not `npm ci`: it refuses a lock that was written where the registry lacks some other platform's optional binary.
    const args = [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]
    run(npm ? process.execPath : 'npm', npm ? [npm, ...args] : args, 'Installing the packages failed')
  }
  writeFileSync(stamp, digest)
}

/** Compiles `src`, `examples` and `bench` to `dist`, unless nothing has changed since the last time that went well. */
function build() {
  const stamp = at('dist', '.tidegate-built')
  const inputs = ['src', 'examples', 'bench', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
  const state = digestOf(inputs.flatMap((name) => sourcesOf(at(name))).join('\n'))
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return
  say('Building …')
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc')
  run(process.execPath, [tsc, '-p', at('tsconfig.build.json')], 'Building failed; the compiler says why above')
  mkdirSync(at('dist'), { recursive: true })
  writeFileSync(stamp, state)
}

async function fetchStack() {
  try {
    const { prepareStack, stackEnvironment } = await import(pathToFileURL(at('dist', 'src', 'stack', 'index.js')).href)
    const { systemClock } = await import(pathToFileURL(at('dist', 'src', 'util', 'clock.js')).href)
    await prepareStack({ ...stackEnvironment(process.env, homedir()), clock: systemClock, progress: say })
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

function run(command, args, failure) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    // What the tools print is progress: whoever reads our standard output wants none of it.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (error) fail(`${failure}: ${error.message}`)
  if (status !== 0) fail(`${failure} (${signal ?? `exit code ${status}`}).`, status ?? 1)
}

/** Names and times of all that the compiler reads below a path. */
function sourcesOf(path) {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts?.isDirectory()) return readdirSync(path).flatMap((name) => sourcesOf(join(path, name)))
  return facts && /\.(ts|json)$/.test(path) ? [`${path} ${facts.mtimeMs} ${facts.size}`] : []
}

function digestOf(content) {
  return createHash('sha256').update(content).digest('hex')
}

function mtimeOf(path) {
  return statSync(path).mtimeMs
}

function fail(sentence, code = 1) {
  say(sentence)
  process.exit(code)
}
