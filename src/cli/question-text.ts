import { type Answers, type Question, readAnswers } from '../gateway/index.ts'
import type { GatesOfCluster } from './gate-peers.ts'

/** What gates ask of those of other workers: one call for each worker, however many gates it has. */
const what = 'questions'

export async function askCluster(cluster: GatesOfCluster, question: Question): Promise<Answers> {
  const answers = await cluster.ask(what, Buffer.from(JSON.stringify(question)), question.timeoutMs)
  return answers.flatMap((answer) => (answer === undefined ? [null] : readAnswers(JSON.parse(answer.toString()))))
}

export const serveCluster = (cluster: GatesOfCluster, answer: (question: Question) => Promise<Answers>): (() => void) =>
  cluster.serve(what, async (body) =>
    Buffer.from(JSON.stringify(await answer(JSON.parse(body.toString()) as Question))),
  )
