import fc from 'fast-check'
import type { Assignment, Work, WorkerState } from '../../src/herder/distributed/connect-protocol.ts'

const name = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed()),
  },
)

const offset = fc.oneof(fc.bigInt(-1n, 1000n), fc.bigInt(-1n, 2n ** 63n - 1n))

export const arbitraryWork: fc.Arbitrary<Work> = fc.record({
  connectors: fc.uniqueArray(name, { maxLength: 6 }),
  tasks: fc.uniqueArray(fc.record({ connector: name, task: fc.nat({ max: 2000 }) }), {
    maxLength: 12,
    selector: ({ connector, task }) => `${task}:${connector}`,
  }),
})

export const arbitraryAssignment: fc.Arbitrary<Assignment> = fc.record({
  error: fc.constantFrom(0, 1),
  leader: name,
  leaderUrl: fc.webUrl(),
  offset,
  assigned: arbitraryWork,
  revoked: arbitraryWork,
  delay: fc.nat(),
})

export const arbitraryWorkerState: fc.Arbitrary<WorkerState> = fc.record({
  url: fc.webUrl(),
  offset,
  assignment: fc.option(arbitraryAssignment, { nil: undefined }),
})

/** The same for work whose order alone differs: the bytes hold tasks by connector, and Java keeps the connectors in the order of a hash set. */
export const sortedWork = ({ connectors, tasks }: Work): Work => ({
  connectors: connectors.toSorted(),
  tasks: tasks.toSorted((a, b) => (a.connector < b.connector ? -1 : a.connector > b.connector ? 1 : a.task - b.task)),
})

export const sortedAssignment = (assignment: Assignment): Assignment => ({
  ...assignment,
  assigned: sortedWork(assignment.assigned),
  revoked: sortedWork(assignment.revoked),
})
