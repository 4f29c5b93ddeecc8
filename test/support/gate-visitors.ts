import { setTimeout as sleep } from 'node:timers/promises'
import type { Visit, Visitor } from '../programs/visitors.ts'
import type { Program } from './gate-net.ts'

/** Longer than gates take to tell each other how many they have, and to hear of each other's. */
const exchangeMs = 4000
/** What is left of a limit that is approached one at a time. */
const lastSteps = 2

/** Connections one by one to several gates in turn, from a program in their network. */
export function createVisitors(program: Program, urls: readonly string[]) {
  const urlAt = (index: number): string => urls[index % urls.length] ?? ''
  const knock = (url: string, visit: Omit<Visit, 'url'>): Promise<Visitor> => program.call('knock', { url, ...visit })
  return {
    /** Connects until it is refused everywhere: how many were let in, and why no more. */
    async untilRefused(visit: Omit<Visit, 'url'>, limit: number): Promise<{ letIn: number; refusal: string }> {
      let letIn = 0
      let refusal = ''
      for (let index = 0; index < limit - lastSteps; index++) {
        if ((await knock(urlAt(index), visit)).answer === 'in') letIn++
      }
      for (let refused = 0; refused < urls.length; ) {
        await sleep(exchangeMs)
        const { answer } = await knock(urlAt(letIn + refused), visit)
        if (answer === 'in') {
          letIn++
          refused = 0
        } else {
          refusal = answer
          refused++
        }
        if (letIn > 2 * limit) break
      }
      return { letIn, refusal }
    },
    /** Two to each gate. */
    async each(visit: Omit<Visit, 'url'>): Promise<readonly Visitor[]> {
      const made: Visitor[] = []
      for (const url of [...urls, ...urls]) made.push(await knock(url, visit))
      return made
    },
    become: (visitors: readonly Visitor[]): Promise<readonly string[]> =>
      Promise.all(visitors.map(({ name }) => program.call<string>('stay', { name }))),
  }
}
