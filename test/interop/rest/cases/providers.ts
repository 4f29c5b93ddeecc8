import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case } from '../case.ts'
import { recordsOf } from '../kafka.ts'
import { valuesOf } from '../picks.ts'
import { create, feed, lines, remove, running } from '../steps.ts'

const fromFile = lines({
  topic: '${file:{dir}/secrets.properties:topic}',
  'some.key': 'a ${file:{dir}/secrets.properties:word} b ${env:HOME}',
  'no.such.provider': '${vault:a:b}',
  'no.such.key': '${file:{dir}/secrets.properties:nothing}',
})

/** Values that stand elsewhere. */
export const providerCases: readonly Case[] = [
  {
    name: 'config providers',
    steps: [
      {
        ...create(fromFile),
        before: async (subject) => {
          await writeFile(join(subject.dir, 'secrets.properties'), `topic=${subject.name}\nword=hidden\n`)
          await feed('one\n')(subject)
        },
      },
      running(),
      { path: '/connectors/{p}' },
      { what: 'as it was written', path: '/connectors/{p}/config' },
      { what: 'of the tasks', path: '/connectors/{p}/tasks' },
      { what: 'is used', look: recordsOf(), until: ({ body }) => (body as readonly unknown[]).length > 0 },
      {
        what: 'validate',
        method: 'PUT',
        path: '/connector-plugins/FileStreamSource/config/validate',
        body: { name: '{p}', ...fromFile },
        pick: (body) => (valuesOf(body) as Readonly<Record<string, unknown>>)['topic'],
      },
      remove,
      {
        what: 'a file that is not there',
        method: 'POST',
        path: '/connectors',
        body: { name: '{p}', config: lines({ topic: '${file:{dir}/none.properties:topic}' }) },
      },
      { what: 'nothing was made', path: '/connectors/{p}' },
    ],
  },
]
