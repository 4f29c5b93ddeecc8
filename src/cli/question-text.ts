import type { Answers, Question } from '../gateway/index.ts'
import type { GatesOfCluster } from './gate-peers.ts'

/** What gates ask of those of other workers: one call for each worker, however many gates it has. */
const what = 'questions'

export async function askCluster(cluster: GatesOfCluster, question: Question): Promise<Answers> {
  const answers = await cluster.ask(what, Buffer.from(JSON.stringify(question)), question.timeoutMs)
  return answers.flatMap((answer) => (answer === undefined ? [null] : readAnswers(answer)))
}

export const serveCluster = (cluster: GatesOfCluster, answer: (question: Question) => Promise<Answers>): (() => void) =>
  cluster.serve(what, async (body) =>
    Buffer.from(JSON.stringify(await answer(JSON.parse(body.toString()) as Question))),
  )

function readAnswers(bytes: Buffer): Answers {
  const value = JSON.parse(bytes.toString()) as unknown
  return Array.isArray(value) ? value.map((each: unknown) => (typeof each === 'string' ? each : null)) : [null]
}
