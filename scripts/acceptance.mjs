// Runs full-size proofs (`npm run acceptance -- NAME…`, all when none is named) and writes their tables under docs/evidence/.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

const proofs = {
  'kafka-away': 'Kafka stopped for 30 s under clients that follow and publish',
  'java-cluster': 'The same requests to the leader and a follower of Kafka Connect and of ours',
  'java-worker': 'The same requests to Kafka Connect and to this worker',
  'worker-killed': 'kill -9 of the worker, twenty times at random moments, with a source and a sink at work',
  'workers-killed':
    'kill -9 of one of three workers, twenty times at random moments, with twenty connectors of forty tasks at work',
  'workers-away':
    'Each of three workers frozen past its session and woken, all rolled one at a time, and Kafka stopped under them',
  'ingress-killed':
    'Twenty producers that send again to another worker whatever a killed worker has left unanswered, twenty times',
  'gate-fuzz': 'A million random, bent and hostile frames, and handshakes, against the gateway',
  'gate-killed':
    'kill -9 of one or two of three workers under five thousand clients, six times each with a large window and with none',
  'slow-readers': 'One of a hundred clients never reads',
  'reconnect-storm': 'Ten thousand clients lose their connections at once, patient ones and others',
  gates: 'Clients of two gates without an environment and without a way to Kafka, one killed and the links cut',
  webhook: 'Webhooks to a receiver that is killed ten times',
  'cluster-soak':
    'Fifteen minutes of connectors and workers that come and go at random, held to a model of what was answered',
}
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(proofs, name))
if (unknown.length > 0) {
  console.error(`There is no proof ${unknown.join(', ')}; there are ${Object.keys(proofs).join(', ')}.`)
  process.exit(1)
}
let failed = false
for (const name of asked.length > 0 ? asked : Object.keys(proofs)) {
  const left = join('.tidegate', 'evidence', `${name}.json`)
  rmSync(left, { force: true })
  const env = { ...process.env, TIDEGATE_SCALE: 'full' }
  const args = ['vitest', 'run', '--project', 'proofs', `test/proofs/${name}.test.ts`]
  const { status } = spawnSync('npx', args, { stdio: 'inherit', env })
  if (status === 0) write(name, JSON.parse(readFileSync(left, 'utf8')))
  else failed = true
}
process.exitCode = failed ? 1 : 0

function write(name, { seed, ...facts }) {
  const rows = Object.entries(facts).map(([what, value]) => `| ${what} | ${value} |`)
  const text = [
    `# ${proofs[name]}`,
    '',
    `\`npm run acceptance -- ${name}\` on ${new Date().toISOString().slice(0, 10)}, seed ${seed} (replay with \`TIDEGATE_SEED=${seed}\`), ` +
      `Node ${process.versions.node}, ${cpus().length} cores. Every line is asserted by \`test/proofs/${name}.test.ts\`.`,
    '',
    '| what | value |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n')
  mkdirSync(join('docs', 'evidence'), { recursive: true })
  writeFileSync(join('docs', 'evidence', `${name}.md`), text)
  console.log(text)
}
