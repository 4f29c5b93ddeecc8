import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case } from '../case.ts'
import { create, feed, intoFile, lines, remove, running, status } from '../steps.ts'

const put = (what: 'pause' | 'resume' | 'stop', name = '{p}') =>
  ({ what, method: 'PUT', path: `/connectors/${name}/${what}` }) as const
const restart = (query = '') =>
  ({ what: `restart ${query}`, method: 'POST', path: `/connectors/{p}/restart${query}` }) as const

/** A sink whose task fails: its file is a folder's child that is a file. */
const failing = (more: object = {}) => intoFile({ file: '{dir}/blocked/out.txt', ...more })

/** Pausing, stopping, restarting. */
export const lifecycleCases: readonly Case[] = [
  {
    name: 'pause and resume',
    steps: [
      { ...create(lines()), before: feed('one\n') },
      running(),
      put('pause'),
      status('PAUSED', ['PAUSED']),
      { ...put('pause'), what: 'pause again' },
      { path: '/connectors/{p}' },
      { what: 'change while paused', method: 'PUT', path: '/connectors/{p}/config', body: lines({ more: '1' }) },
      status('PAUSED', ['PAUSED'], 'stays paused'),
      put('resume'),
      running(1, 'runs again'),
      { ...put('resume'), what: 'resume again' },
      remove,
    ],
  },
  {
    name: 'stop and resume',
    steps: [
      create(lines()),
      running(),
      put('stop'),
      status('STOPPED', []),
      { path: '/connectors/{p}' },
      { path: '/connectors/{p}/tasks' },
      { ...put('stop'), what: 'stop again' },
      { what: 'change while stopped', method: 'PUT', path: '/connectors/{p}/config', body: lines({ more: '1' }) },
      status('STOPPED', [], 'stays stopped'),
      restart(),
      status('STOPPED', [], 'stays stopped after a restart'),
      put('resume'),
      running(1, 'runs again'),
      remove,
    ],
  },
  {
    name: 'restarts',
    steps: [
      create(lines()),
      running(),
      restart(),
      running(1, 'after a restart'),
      restart('?onlyFailed=true'),
      running(1, 'after a restart of what failed'),
      restart('?includeTasks=true&onlyFailed=true'),
      running(1, 'after a restart of all that failed'),
      restart('?includeTasks=yes'),
      running(1, 'after a flag that is none'),
      // From here on something restarts, and a status may be of before: each answer says RESTARTING whatever it is.
      restart('?includeTasks=true'),
      running(1, 'after a restart with tasks'),
      restart('?includeTasks=TRUE&onlyFailed=False'),
      running(1, 'after flags in capitals'),
      { what: 'restart a task', method: 'POST', path: '/connectors/{p}/tasks/0/restart' },
      running(1, 'after a restart of a task'),
      put('pause'),
      status('PAUSED', ['PAUSED']),
      { ...restart('?includeTasks=true'), what: 'restart while paused' },
      status('PAUSED', ['PAUSED'], 'stays paused'),
      remove,
    ],
  },
  {
    name: 'restart of a task that is not there',
    steps: [
      create(lines()),
      running(),
      { what: 'restart a task beyond', method: 'POST', path: '/connectors/{p}/tasks/9/restart' },
      remove,
    ],
  },
  {
    name: 'a failed task',
    steps: [
      {
        ...create(failing({ 'tasks.max': '1' })),
        before: ({ dir }) => writeFile(join(dir, 'blocked'), 'a file, not a folder'),
      },
      status('RUNNING', ['FAILED']),
      { path: '/connectors/{p}/tasks/0/status' },
      put('pause'),
      status('PAUSED', ['FAILED'], 'stays failed when paused'),
      put('resume'),
      status('RUNNING', ['FAILED'], 'stays failed when resumed'),
      // Last of these: a pause that comes upon a task under way to fail again finds it in either state.
      {
        what: 'restart what failed',
        method: 'POST',
        path: '/connectors/{p}/restart?includeTasks=true&onlyFailed=true',
      },
      status('RUNNING', ['FAILED'], 'fails again'),
      put('stop'),
      status('STOPPED', [], 'stops all the same'),
      { what: 'repair', method: 'PUT', path: '/connectors/{p}/config', body: intoFile() },
      { ...put('resume'), what: 'resume what is repaired' },
      running(1, 'runs when repaired'),
      remove,
    ],
  },
  {
    name: 'unknown connectors',
    steps: [
      { ...put('pause'), message: true },
      { ...put('resume'), message: true },
      put('stop'),
      restart(),
      restart('?includeTasks=true'),
      { method: 'POST', path: '/connectors/{p}/tasks/0/restart' },
      { path: '/connectors/{p}/status', message: true },
      { path: '/connectors/{p}/tasks' },
      { path: '/connectors/{p}/topics' },
      { method: 'PUT', path: '/connectors/{p}/topics/reset' },
      { path: '/connectors/{p}/offsets' },
      { method: 'DELETE', path: '/connectors/{p}/offsets' },
      {
        method: 'PATCH',
        path: '/connectors/{p}/offsets',
        body: { offsets: [{ partition: { filename: 'x' }, offset: null }] },
      },
      { what: 'internal tasks', method: 'POST', path: '/connectors/{p}/tasks', body: [{}] },
      { what: 'internal fence', method: 'PUT', path: '/connectors/{p}/fence' },
    ],
  },
]
