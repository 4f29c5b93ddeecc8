import type { Case } from '../case.ts'

/** Log levels over REST. */
export const loggerCases: readonly Case[] = [
  {
    name: 'loggers',
    steps: [
      { path: '/admin/loggers', pick: (body) => Object.keys(body as object).includes('root') },
      { path: '/admin/loggers/root' },
      { what: 'unknown', path: '/admin/loggers/no.such.{p}', message: true },
      { what: 'level', method: 'PUT', path: '/admin/loggers/root', body: { level: 'warn' }, pick: Array.isArray },
      { what: 'read back', path: '/admin/loggers/root' },
      { what: 'the same again', method: 'PUT', path: '/admin/loggers/root', body: { level: 'WARN' } },
      { what: 'a new one', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'DEBUG' } },
      { what: 'a child of it', method: 'PUT', path: '/admin/loggers/a.{p}.b', body: { level: 'ERROR' } },
      { what: 'parent and child', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'TRACE' } },
      { what: 'the child', path: '/admin/loggers/a.{p}.b' },
      { what: 'off', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'off' } },
      { what: 'no such level', method: 'PUT', path: '/admin/loggers/root', body: { level: 'BOGUS' }, message: true },
      { what: 'no level', method: 'PUT', path: '/admin/loggers/root', body: {}, message: true },
      { what: 'scope worker', method: 'PUT', path: '/admin/loggers/a.{p}?scope=worker', body: { level: 'INFO' } },
      { what: 'scope cluster', method: 'PUT', path: '/admin/loggers/a.{p}?scope=cluster', body: { level: 'WARN' } },
      {
        what: 'heard of',
        path: '/admin/loggers/a.{p}',
        until: ({ body }) => (body as { level?: string }).level === 'WARN',
      },
      { what: 'scope unknown', method: 'PUT', path: '/admin/loggers/a.{p}?scope=galaxy', body: { level: 'INFO' } },
      { what: 'back', method: 'PUT', path: '/admin/loggers/root', body: { level: 'INFO' }, pick: Array.isArray },
    ],
  },
]
